//! `replay::header` on what libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| replay::header::check(octets));
