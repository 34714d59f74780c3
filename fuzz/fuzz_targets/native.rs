//! `replay::native` on what libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| replay::native::check(octets));
