//! Secrets: where they come from, and that nothing shows them.

use std::path::PathBuf;

use super::{SMALLEST, WHOLE, good, parse};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("hookswitch-secrets-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// What the operator token becomes when it is to come from a file with these bytes.
    fn token(&self, bytes: &[u8]) -> Result<String, String> {
        std::fs::write(self.0.join("token"), bytes).unwrap();
        let file = self.0.join("hookswitch.toml");
        std::fs::write(&file, "[operator]\ntoken = \"file:token\"\n").unwrap();
        let loaded = crate::config::load(&file);
        let (settings, _) = loaded.map_err(|error| error.to_string())?;
        Ok(settings.operator_token.unwrap().expose().to_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn from_the_environment() {
    let settings = good("[operator]\ntoken = \"env:TOKEN\"\n");
    assert!(settings.operator_token.unwrap().matches("from-the-environment"));
}

#[test]
fn from_a_file_seen_from_the_folder_of_the_configuration() {
    let folder = Folder::new("file");
    for (bytes, secret) in [
        (b"a-token-in-a-file".as_slice(), "a-token-in-a-file"),
        (b"a-token-in-a-file\n", "a-token-in-a-file"),
        (b"a-token-in-a-file\r\n", "a-token-in-a-file"),
        (b" with blanks \n", " with blanks "),
    ] {
        assert_eq!(folder.token(bytes).as_deref(), Ok(secret));
    }
    for (bytes, code) in [
        (b"".to_vec(), "HS-1013"),
        (b"\n".to_vec(), "HS-1013"),
        (b"\xff\xfe".to_vec(), "HS-1013"),
        (vec![b'x'; 70_000], "HS-1013"),
        (vec![b'x'; 5000], "HS-1023"),
        (b"two\nlines".to_vec(), "HS-1023"),
    ] {
        let error = folder.token(&bytes).unwrap_err();
        assert!(error.contains(code), "{error}");
        assert!(!error.contains("xxx") && !error.contains("lines"), "{error}");
    }
}

#[test]
fn settings_never_show_a_secret() {
    let text = WHOLE
        .replace("an-operator-token", "SECRET-operator-1")
        .replace("a-long-enough-token", "SECRET-account-1")
        .replace("a-long-enough-key", "SECRET-application-1")
        .replace("http://127.0.0.1:9000", "https://user:SECRET-url@app.example.org")
        .replace("system_id =", "password = \"SECRET-password\"\nsystem_id =");
    let (settings, warnings) = parse(&text).unwrap();
    let shown = format!("{settings:?} {settings:#?} {warnings:?}");
    assert!(shown.contains("carrier") && shown.contains("•••"), "{shown}");
    assert!(!shown.contains("SECRET"), "{shown}");
    assert!(settings.smpp_channels[0].password.matches("SECRET-password"), "they are there all the same");
}

#[test]
fn problems_and_warnings_never_show_a_secret() {
    let check = |text: &str| {
        let shown = match parse(text) {
            Ok((_, warnings)) => warnings.iter().map(|warning| format!("{warning} {warning:?}")).collect(),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(shown.contains("HS-"), "{text}");
        assert!(!shown.contains("SECRET"), "{shown}");
    };
    for token in [
        "\"SECRET\"",
        "\"SECRET\\u0000-\"",
        "[\"SECRET\"]",
        "{ SECRE = \"SECRET\" }",
        "\"SECRET",
        "SECRET",
        "\"env:SECRET token\"",
        "\"file:\"",
    ] {
        check(&format!("[operator]\ntoken = {token}\n"));
        check(&WHOLE.replace("\"a-long-enough-token\"", token));
        check(&WHOLE.replace("\"a-long-enough-key\"", token));
        check(&WHOLE.replace("system_id =", &format!("password = {token}\nlinks = 0\nsystem_id =")));
    }
    for url in [
        "http://u:SECRET@h/#f",
        "http://u:SECRET@",
        "ftp://u:SECRET@h",
        "http://u:SECRET@10.0.0.1/",
        "http://u:SECRET @h",
    ] {
        check(&WHOLE.replace("http://127.0.0.1:9000/gateway", url));
        check(&format!("{SMALLEST}[server]\npublic_url = \"{url}\"\n"));
    }
    for url in ["postgres://u:SECRET@h/d", "mysql://u:SECRET@h/d", "sqlite:u:SECRET?"] {
        check(&format!("{SMALLEST}[store]\nurl = \"{url}\"\n"));
    }
    check(&WHOLE.replace("[\"a-long-enough-token\"]", "[\"SECRET-that-is-long\", \"SECRET-that-is-long\"]"));
}
