//! Style sheet, script and icon: embedded in the binary, under addresses that change with their content.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use rust_embed::Embed;

use super::trouble::Trouble;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Assets;

/// Bytes of the content's hash that go into an address.
const VERSION_BYTES: usize = 8;

/// The address of an asset as it is in this binary.
pub(super) fn url(name: &str) -> String {
    format!("/console/assets/{}/{name}", version(name).unwrap_or_default())
}

fn version(name: &str) -> Option<String> {
    let file = Assets::get(name)?;
    Some(file.metadata.sha256_hash().iter().take(VERSION_BYTES).map(|byte| format!("{byte:02x}")).collect())
}

/// Serves an asset. An address of another version is answered too, so that a page of the version before keeps its
/// look, but only the right one may be kept for ever.
pub(super) async fn serve(Path((asked, name)): Path<(String, String)>) -> Result<Response, Trouble> {
    let file = Assets::get(&name).ok_or(Trouble::NotFound)?;
    let current = version(&name).ok_or(Trouble::NotFound)?;
    let keep = if asked == current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(CONTENT_TYPE, content_type(&name)), (CACHE_CONTROL, keep)];
    Ok((StatusCode::OK, headers, [(ETAG, format!("\"{current}\""))], file.data.into_owned()).into_response())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
