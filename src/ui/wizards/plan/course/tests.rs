//! What a course makes of what happens, without a window and without a card.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::backend::CardError;
use crate::base::hex::Hex;
use crate::plan::{RunError, SetupError, Subject, Task};
use crate::token::ReaderId;

const HERE: Identity = Identity {
    reader: ReaderId(1),
    insertion: 1,
};

/// The same card, taken out and put back.
const BACK: Identity = Identity {
    reader: ReaderId(1),
    insertion: 2,
};

fn survey() -> Arc<Survey> {
    let known = serde_json::json!({
        "make": "java", "serial": "01", "manager": "A000000003000000", "protocols": [[2, 21]],
        "recognition": true, "family": null, "key_versions": [255],
    });
    Arc::new(serde_json::from_value(known).unwrap())
}

/// Two locks, of one kind; or a token that is erased.
fn plan(about: About) -> Plan {
    let aid = || crate::plan::content::Aid::new(&[0xA0, 0, 0, 0, 1, 1]).unwrap();
    let lock = |locked| Task::SetLock { aid: aid(), locked };
    Plan {
        name: "lock".into(),
        subject: Subject {
            serial: Hex(vec![1]),
            atr: Hex(Vec::new()),
            label: None,
        },
        made: 7,
        opening: Default::default(),
        tasks: match about {
            About::Content => vec![lock(true), lock(false)],
            About::Token => vec![Task::DeleteApplication, Task::Activate],
        },
    }
}

fn left(plan: Plan, next: usize) -> Arc<Unfinished> {
    Arc::new(Unfinished {
        plan,
        next,
        begun: None,
        said: false,
        last: None,
        at: 8,
    })
}

/// One with a plan that nobody has begun.
fn planned() -> Course {
    let mut course = Course::new(About::Content, HERE);
    let preview = Preview::default();
    course.made = Some(Made::new(plan(About::Content), preview));
    course
}

/// One at its second step.
fn running() -> Course {
    let mut course = planned();
    let command = course.run(Secrets::default()).unwrap();
    assert!(matches!(command.action, PlanAction::Run { .. }));
    for step in 0..2 {
        let progress = Progress::Step { step };
        let _ = course.happened(PlanNews::Progressed(progress));
    }
    course
}

/// Finished in this way.
fn failed(failure: Failure) -> PlanNews {
    PlanNews::Finished(Err(failure))
}

fn gone() -> PlanNews {
    failed(Failure::Plan {
        step: 1,
        why: RunError::Setup(SetupError::Card(CardError::Link(LinkError::Removed))),
    })
}

/// Whether it stopped; whether that is live, and waits.
fn stopped(course: &Course) -> Option<(usize, bool, bool)> {
    match &course.ending {
        Some(Ending::Stopped {
            step, live, waits, ..
        }) => Some((*step, *live, *waits)),
        _ => None,
    }
}

fn refused(course: &Course) -> Option<&str> {
    match &course.ending {
        Some(Ending::Refused(words)) => Some(&words.title),
        _ => None,
    }
}

/// Pulled in the middle of the second step, and put back.
fn pulled_and_back() -> Course {
    let mut course = running();
    assert_eq!(course.happened(gone()), Turn::Result);
    assert_eq!(stopped(&course), Some((1, false, true)));
    assert_eq!(course.happened(PlanNews::Removed(HERE)), Turn::Stay);
    let unfinished = left(plan(About::Content), 1);
    let _ = course.happened(PlanNews::Unfinished(BACK, unfinished));
    assert_eq!(stopped(&course), Some((1, true, true)));
    course
}

#[test]
fn a_card_that_was_pulled_is_gone_on_with_where_it_is_now() {
    let mut course = pulled_and_back();
    let command = course.go_on();
    assert_eq!(command.identity, BACK);
    let unfinished = left(plan(About::Content), 1);
    let surveyed = Done::Surveyed {
        survey: survey(),
        unfinished: Some(Arc::clone(&unfinished)),
    };
    let turn = course.happened(PlanNews::Finished(Ok(surveyed)));
    assert!(matches!(turn, Turn::Surveyed { go_on: true, .. }));
    course.take_up(&unfinished, &survey()).unwrap();
    let command = course.run(Secrets::default()).unwrap();
    assert!(matches!(command.action, PlanAction::Resume { .. }));
}

#[test]
fn a_card_that_is_pulled_again_before_it_goes_on_is_waited_for_again() {
    for removed_first in [false, true] {
        let mut course = pulled_and_back();
        let _ = course.go_on();
        let mut news = vec![failed(Failure::NoCard), PlanNews::Removed(BACK)];
        if removed_first {
            news.reverse();
        }
        for news in news {
            let _ = course.happened(news);
        }
        assert_eq!(
            stopped(&course).map(|(_, live, waits)| (live, waits)),
            Some((false, true))
        );
        let third = Identity {
            insertion: 3,
            ..BACK
        };
        let unfinished = left(plan(About::Content), 1);
        let _ = course.happened(PlanNews::Unfinished(third, unfinished));
        assert_eq!(stopped(&course), Some((1, true, true)));
        assert_eq!(course.go_on().identity, third);
    }
}

#[test]
fn what_is_in_the_way_of_going_on_leaves_it_to_be_tried_again() {
    let mut course = pulled_and_back();
    let _ = course.go_on();
    assert_eq!(course.happened(failed(Failure::TimedOut)), Turn::Result);
    assert_eq!(stopped(&course), Some((1, true, false)));
    assert!(course.failed().is_some());
    let _ = course.go_on();
    assert_eq!(course.failed(), None);
}

#[test]
fn a_plan_of_another_kind_is_not_taken_up() {
    let mut course = Course::new(About::Content, HERE);
    let _ = course.survey(false);
    let surveyed = Done::Surveyed {
        survey: survey(),
        unfinished: Some(left(plan(About::Token), 1)),
    };
    assert_eq!(
        course.happened(PlanNews::Finished(Ok(surveyed))),
        Turn::Result
    );
    assert_eq!(refused(&course), Some("Set-up stopped at step 2 of 2"));
}

#[test]
fn what_was_begun_elsewhere_meanwhile_is_shown_before_it_is_gone_on_with() {
    let mut course = pulled_and_back();
    let _ = course.go_on();
    let other = Plan {
        made: 9,
        ..plan(About::Content)
    };
    let surveyed = Done::Surveyed {
        survey: survey(),
        unfinished: Some(left(other, 0)),
    };
    let turn = course.happened(PlanNews::Finished(Ok(surveyed)));
    assert!(
        matches!(turn, Turn::Surveyed { go_on: false, .. }),
        "{turn:?}"
    );
}

#[test]
fn nothing_was_begun_when_the_card_goes_before_it() {
    let mut course = planned();
    assert_eq!(course.happened(PlanNews::Removed(BACK)), Turn::Stay);
    assert_eq!(course.happened(PlanNews::Removed(HERE)), Turn::Over);
    assert_eq!(refused(&course), Some("The token was removed"));
    // A dry run that the card has broken off says nothing else.
    let mut course = planned();
    assert!(course.rehearse().is_some());
    assert_eq!(course.happened(PlanNews::Removed(HERE)), Turn::Over);
    assert_eq!(course.happened(failed(Failure::NoCard)), Turn::Stay);
    assert_eq!(refused(&course), Some("The token was removed"));
}

#[test]
fn a_run_is_stopped_once_and_not_closed_by_mistake() {
    let mut course = running();
    assert_eq!(course.close(), Close::Asks);
    assert!(course.can_be_left());
    assert!(course.stop() && !course.stop());
    assert_eq!(course.close(), Close::Waits);
    assert!(!course.can_be_left());
    let unfinished = left(plan(About::Content), 1);
    let _ = course.happened(PlanNews::Unfinished(HERE, unfinished));
    let _ = course.happened(failed(Failure::Cancelled));
    assert_eq!(stopped(&course), Some((1, true, false)));
    assert_eq!(course.close(), Close::Now);
    // Nobody is to blame for that.
    assert_eq!(course.failed(), None);
}

#[test]
fn a_wrong_pin_is_asked_for_again_where_there_are_pins() {
    let wrong = || {
        failed(Failure::Plan {
            step: 1,
            why: RunError::Setup(SetupError::Card(CardError::WrongPin {
                role: PinRole::User,
                left: TriesLeft::Known(2),
            })),
        })
    };
    let mut course = running();
    assert_eq!(course.happened(wrong()), Turn::Result);
    let mut course = running();
    course.about = About::Token;
    let turn = Turn::Wrong(PinRole::User, TriesLeft::Known(2));
    assert_eq!(course.happened(wrong()), turn);
}
