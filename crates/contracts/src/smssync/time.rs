//! The times of devices: milliseconds since 1970 today, seconds or a local date and time in old versions.

use domain::time::At;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::Offset;

/// Numbers below this are seconds: as milliseconds they would lie before March 1973, as seconds it is the year 5138.
const SECONDS_MAX: i64 = 100_000_000_000;
/// The largest number that is a time, in milliseconds: the year 5138.
const MS_MAX: i64 = SECONDS_MAX * 1000;

/// When a device says that something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceTime {
    /// A moment, to the millisecond or the second.
    Exact(At),
    /// To the minute and without a zone, as the oldest versions write it; taken as UTC.
    Minute(At),
}

impl DeviceTime {
    /// The moment.
    pub const fn at(self) -> At {
        match self {
            DeviceTime::Exact(at) | DeviceTime::Minute(at) => at,
        }
    }
}

/// Reads a time; none when it is none.
pub(super) fn read(text: &str) -> Option<DeviceTime> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text.parse::<i64>().ok().filter(|number| (1..=MS_MAX).contains(number))?;
        let ms = if number < SECONDS_MAX { number * 1000 } else { number };
        return Some(DeviceTime::Exact(At::from_ms(ms)));
    }
    let local: DateTime = strtime::parse("%m-%d-%y %H:%M", text).and_then(|parts| parts.to_datetime()).ok()?;
    let timestamp = Offset::UTC.to_timestamp(local).ok()?;
    Some(DeviceTime::Minute(At::from_ms(timestamp.as_millisecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_version_are_read() {
        let exact = |ms| Some(DeviceTime::Exact(At::from_ms(ms)));
        assert_eq!(read("1795317657118"), exact(1_795_317_657_118));
        assert_eq!(read(" 1795317657 "), exact(1_795_317_657_000));
        assert_eq!(read("99999999999"), exact(99_999_999_999_000));
        assert_eq!(read("100000000000"), exact(100_000_000_000));
        assert_eq!(read("11-22-26 03:20"), Some(DeviceTime::Minute(At::from_ms(1_795_317_600_000))));
        for bad in ["", "0", "-1", "soon", "1795317657118.5", "99999999999999999", "22-11-26 03:20", "11-22-26"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
