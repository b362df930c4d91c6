//! Days, moments and durations in words.
//!
//! Days are those of UTC: a certificate ends at one moment for everybody, and the same
//! certificate must not show two days on two machines.

use time::{Date, Month, OffsetDateTime};

use crate::base::i18n::{gettext, gettext_f, ngettext_f, pgettext};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// "3 December 2026": the day, in UTC, of a moment in seconds since 1970.
#[must_use]
pub fn day(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_or_else(|_| no_day(), |moment| date(moment.date()))
}

/// The year, in UTC, of a moment in seconds since 1970.
#[must_use]
pub fn year(seconds: i64) -> i32 {
    OffsetDateTime::from_unix_timestamp(seconds).map_or(1970, OffsetDateTime::year)
}

/// "3 December 2026" for a year, month and day as a card stores them.
#[must_use]
pub fn civil(year: u16, month: u8, day: u8) -> String {
    Month::try_from(month)
        .and_then(|month| Date::from_calendar_date(i32::from(year), month, day))
        .map_or_else(|_| no_day(), date)
}

/// "3 December 2026, 14:02 UTC".
#[must_use]
pub fn moment(seconds: i64) -> String {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(seconds) else {
        return no_day();
    };
    let clock = format!("{:02}:{:02}", moment.hour(), moment.minute());
    gettext_f(
        "{day}, {time} UTC",
        &[("day", &date(moment.date())), ("time", &clock)],
    )
}

fn date(date: Date) -> String {
    gettext_f(
        // TRANSLATORS: A day, as in "3 December 2026". Move the places to where they belong.
        "{day} {month} {year}",
        &[
            ("day", &date.day().to_string()),
            ("month", &month(date.month())),
            ("year", &date.year().to_string()),
        ],
    )
}

/// What stands where a date is beyond every calendar.
fn no_day() -> String {
    gettext("a day that no calendar has")
}

/// The month as it stands in a date.
fn month(month: Month) -> String {
    match month {
        Month::January => pgettext("in a date", "January"),
        Month::February => pgettext("in a date", "February"),
        Month::March => pgettext("in a date", "March"),
        Month::April => pgettext("in a date", "April"),
        Month::May => pgettext("in a date", "May"),
        Month::June => pgettext("in a date", "June"),
        Month::July => pgettext("in a date", "July"),
        Month::August => pgettext("in a date", "August"),
        Month::September => pgettext("in a date", "September"),
        Month::October => pgettext("in a date", "October"),
        Month::November => pgettext("in a date", "November"),
        Month::December => pgettext("in a date", "December"),
    }
}

/// "12 days".
#[must_use]
pub fn days(count: i64) -> String {
    ngettext_f(
        "{count} day",
        "{count} days",
        plural(count),
        &[("count", &count.to_string())],
    )
}

/// "in 41 days", "today".
#[must_use]
pub fn until(days: i64) -> String {
    if days <= 0 {
        return gettext("today");
    }
    ngettext_f(
        "in {count} day",
        "in {count} days",
        plural(days),
        &[("count", &days.to_string())],
    )
}

/// "14 days ago", "today".
#[must_use]
pub fn since(days: i64) -> String {
    if days <= 0 {
        return gettext("today");
    }
    ngettext_f(
        "{count} day ago",
        "{count} days ago",
        plural(days),
        &[("count", &days.to_string())],
    )
}

/// "12 days left".
#[must_use]
pub fn days_left(days: i64) -> String {
    ngettext_f(
        "{count} day left",
        "{count} days left",
        plural(days),
        &[("count", &days.to_string())],
    )
}

/// "12 days left of 730".
#[must_use]
pub fn days_left_of(days: i64, total: i64) -> String {
    ngettext_f(
        "{count} day left of {total}",
        "{count} days left of {total}",
        plural(days),
        &[("count", &days.to_string()), ("total", &total.to_string())],
    )
}

/// Whole days between two moments in seconds since 1970; negative if the second is earlier.
#[must_use]
pub fn days_between(from: i64, to: i64) -> i64 {
    to.saturating_sub(from) / DAY
}

/// "0:42", "61:05": minutes and seconds of something that runs.
#[must_use]
pub fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// "12 seconds left".
#[must_use]
pub fn seconds_left(seconds: u64) -> String {
    ngettext_f(
        "{count} second left",
        "{count} seconds left",
        u32::try_from(seconds).unwrap_or(u32::MAX),
        &[("count", &seconds.to_string())],
    )
}

fn plural(count: i64) -> u32 {
    u32::try_from(count.unsigned_abs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 December 2026, 00:00:00 UTC.
    const THIRD: i64 = 1_796_256_000;

    #[test]
    fn a_day_is_that_of_utc() {
        assert_eq!(day(THIRD), "3 December 2026");
        assert_eq!(day(THIRD - 1), "2 December 2026");
        assert_eq!(day(0), "1 January 1970");
        assert_eq!(day(-1), "31 December 1969");
        assert_eq!(
            moment(THIRD + 14 * 3600 + 125),
            "3 December 2026, 14:02 UTC"
        );
    }

    #[test]
    fn a_day_on_a_card_may_be_none() {
        assert_eq!(civil(2030, 1, 1), "1 January 2030");
        assert_eq!(civil(2030, 2, 30), "a day that no calendar has");
        assert_eq!(civil(2030, 13, 1), "a day that no calendar has");
        assert_eq!(civil(0, 0, 0), "a day that no calendar has");
    }

    #[test]
    fn distances_are_counted_in_days() {
        assert_eq!(until(41), "in 41 days");
        assert_eq!(until(1), "in 1 day");
        assert_eq!(until(0), "today");
        assert_eq!(since(14), "14 days ago");
        assert_eq!(days_left_of(12, 730), "12 days left of 730");
        assert_eq!(days_left(1), "1 day left");
        assert_eq!(days_between(THIRD, THIRD + 41 * DAY + 7), 41);
        assert_eq!(clock(42), "0:42");
        assert_eq!(clock(3665), "61:05");
        assert_eq!(seconds_left(1), "1 second left");
    }

    proptest::proptest! {
        #[test]
        fn no_number_is_too_wild(one: i64, two: i64, year: u16, month: u8, in_month: u8) {
            for words in [day(one), moment(one), days(one), until(one), since(one)] {
                proptest::prop_assert!(!words.is_empty());
            }
            let places_left = days_left_of(one, two).contains('{');
            proptest::prop_assert!(!places_left);
            proptest::prop_assert!(!civil(year, month, in_month).is_empty());
            let _ = days_between(one, two);
        }
    }

    #[test]
    fn the_ends_of_all_numbers_have_words() {
        for wild in [i64::MIN, i64::MIN + 1, i64::MAX] {
            assert_eq!(day(wild), "a day that no calendar has");
            assert!(!until(wild).is_empty());
            assert!(days(wild).contains("days"));
        }
        let _ = days_between(i64::MIN, i64::MAX);
    }
}
