//! `replay::callback_body` on what libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| replay::callback_body::check(octets));
