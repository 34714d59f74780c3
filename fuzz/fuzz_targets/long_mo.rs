//! `replay::long_mo` on what libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| replay::long_mo::check(octets));
