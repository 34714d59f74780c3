//! The pages of error codes, where the `type` of a problem leads (RFC 9457 §3.1.1): embedded, so that a running
//! gateway explains itself.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Uri};
use rust_embed::RustEmbed;

use crate::native::no_such_path;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../docs/operate/codes"]
struct Pages;

pub(crate) async fn page(uri: Uri, Path(code): Path<String>) -> Response {
    let name = format!("{}.md", code.trim_end_matches(".md"));
    match Pages::get(&name) {
        Some(page) => {
            let markdown = HeaderValue::from_static("text/markdown; charset=utf-8");
            ([(CONTENT_TYPE, markdown)], page.data.into_owned()).into_response()
        }
        None => no_such_path(&uri).into_response(),
    }
}
