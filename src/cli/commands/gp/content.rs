//! `symbolonctl gp load`, `install`, `delete`, `lock`, `put-keys` and their like: what each changes.

use super::cap;
use super::change::{How, Job, Work, registry};
use super::keys::{self, Origin, Which};
use super::{aid, bytes, export};
use crate::backend::Look;
use crate::base::hex::Hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{
    AppletChoice, ChangeChoice, Globals, Install, Load, PackageChoice, PutKeys, StateName,
};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::gp_page;
use crate::cli::output::Output;
use crate::explain::cap::is_in_the_way;
use crate::plan::content::{self, Aid, CapFile, InstallWish, card_side, key_versions, made_of};
use crate::plan::gpshell::{ExportError, put_keys as put_keys_task};
use crate::plan::{Deletion, Installation, Task};
use crate::token::{Registry, RegistryKind};

/// Loads a package and installs its applets.
pub(super) fn load(load: &Load, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let cap = cap::read(&load.package.file)?;
    let wish = wish(&load.package, &cap)?;
    let name = cap::name(&load.package.file);
    let job = Job::begin(globals)?;
    let work = Work {
        name: gettext_f("Load {file}", &[("file", &name)]),
        tasks: Box::new(|look, output| {
            let wish = match registry(look) {
                Some(all) => wish.completed(all),
                None => wish,
            };
            in_the_way(&cap, &wish, look, output)?;
            Ok(wish.tasks(&cap, &name))
        }),
        new_keys: None,
        ends_card: false,
    };
    job.carry_out(work, &load.change.keys, How::of(&load.change), output)
}

/// How a package goes onto the card: its usual way, and what the command line says.
pub(super) fn wish(choice: &PackageChoice, cap: &CapFile) -> Result<InstallWish, Trouble> {
    let mut wish = InstallWish::usual(cap);
    if choice.keep_old {
        wish.delete.clear();
    }
    if choice.no_install {
        wish.applets.clear();
    }
    wish.with_descriptor = choice.with_descriptor;
    wish.code_limit = choice.code_limit.or(wish.code_limit);
    let applet = &choice.applet;
    if applet.instance.is_some() && wish.applets.len() != 1 {
        return Err(Trouble::usage(
            gettext("It is not clear which applet --instance means"),
            gettext(
                "The file does not have exactly one. Load it with --no-install, then “symbolonctl gp install” installs one after the other.",
            ),
        ));
    }
    let instance = applet.instance.as_deref().map(aid).transpose()?;
    for one in &mut wish.applets {
        if let Some(instance) = &instance {
            one.instance = instance.clone();
        }
        one.privileges = privileges(applet, &one.privileges)?;
        if let Some(text) = &applet.parameters {
            one.parameters = bytes("--parameters", text)?;
        }
        one.data_limit = applet.data_limit.or(one.data_limit);
    }
    // What it shall be called is deleted before, too.
    if let Some(aid) = instance
        && !choice.keep_old
        && !wish.delete.iter().any(|known| known.aid == aid)
    {
        let related = false;
        wish.delete.insert(0, Deletion { aid, related });
    }
    Ok(wish)
}

fn privileges(choice: &AppletChoice, usual: &[u8]) -> Result<Vec<u8>, Trouble> {
    let Some(text) = &choice.privileges else {
        return Ok(usual.to_vec());
    };
    let privileges = bytes("--privileges", text)?;
    match privileges.len() {
        1 | 3 => Ok(privileges),
        _ => Err(Trouble::usage(
            gettext("Privileges are one byte, or three"),
            "",
        )),
    }
}

/// Says what is to be known of a package on this card, and stops if the card would refuse it.
fn in_the_way(
    cap: &CapFile,
    wish: &InstallWish,
    look: &Look,
    output: &mut Output,
) -> Result<(), Trouble> {
    let side = card_side(&look.manager, registry(look));
    let findings = wish.findings(cap, &side);
    output.message(gp_page::findings(&findings, output.style()).trim_start());
    if findings.iter().any(is_in_the_way) {
        return Err(Trouble::new(
            Exit::Refused,
            gettext("The card would refuse this package"),
            gettext("What is in the way is said above. Nothing was changed."),
        ));
    }
    Ok(())
}

/// Installs an applet of a package that is on the card.
pub(super) fn install(
    install: &Install,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let package = aid(&install.package)?;
    let module = aid(&install.module)?;
    let instance = match &install.applet.instance {
        Some(text) => aid(text)?,
        None => module.clone(),
    };
    let parameters = install.applet.parameters.as_deref();
    let parameters = parameters.map(|text| bytes("--parameters", text));
    let task = Task::InstallApplet(Installation {
        package: package.clone(),
        module,
        instance: instance.clone(),
        privileges: Hex(privileges(&install.applet, &[0x00])?),
        parameters: Hex(parameters.transpose()?.unwrap_or_default()),
        data_limit: install.applet.data_limit,
    });
    let work = Work {
        name: gettext_f("Install {aid}", &[("aid", &gp_page::named(&instance))]),
        tasks: Box::new(move |look, _| {
            if let Some(all) = registry(look) {
                there(all, &package)?;
                absent(all, &instance)?;
            }
            Ok(vec![task])
        }),
        new_keys: None,
        ends_card: false,
    };
    let change = &install.change;
    Job::begin(globals)?.carry_out(work, &change.keys, How::of(change), output)
}

/// Deletes applets and packages.
pub(super) fn delete(
    aids: &[String],
    related: bool,
    change: &ChangeChoice,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let aids: Vec<Aid> = aids
        .iter()
        .map(|text| aid(text))
        .collect::<Result<_, _>>()?;
    // What is on the card is not looked at then, and gpshell knows no other deletion.
    let warns = change.export.is_some() && !related;
    let work = Work {
        name: gettext("Delete from the card"),
        tasks: Box::new(move |look, output| {
            if warns && look.registry.is_none() {
                output.message(&gettext(
                    "Carried out by gpshell, the script deletes with a package all applets of it, and their data.",
                ));
            }
            let mut deletions: Vec<Deletion> = Vec::new();
            for aid in aids {
                let Some(all) = registry(look) else {
                    deletions.push(Deletion { aid, related });
                    continue;
                };
                let gone = |aid: &Aid| deletions.iter().any(|done| done.aid == *aid);
                // Where the card does not tell of which package an applet is, it is asked whether it minds.
                let told = |applet: &Aid| {
                    let mut entries = all.entries.iter();
                    entries.any(|entry| entry.aid == applet.bytes() && entry.package.is_some())
                };
                let of_it = made_of(all, &aid);
                if !related && of_it.iter().any(|applet| told(applet) && !gone(applet)) {
                    return Err(still_used(&aid));
                }
                let more = content::deletions(all, &aid, related).into_iter();
                let more: Vec<Deletion> = more.filter(|one| !gone(&one.aid)).collect();
                deletions.extend(more);
            }
            Ok(deletions.into_iter().map(Task::DeleteContent).collect())
        }),
        new_keys: None,
        ends_card: false,
    };
    Job::begin(globals)?.carry_out(work, &change.keys, How::of(change), output)
}

fn still_used(package: &Aid) -> Trouble {
    Trouble::new(
        Exit::Refused,
        gettext_f(
            "There are applets of {aid} on the card",
            &[("aid", &gp_page::named(package))],
        ),
        gettext("With --related they are deleted with it, and their data. Nothing was changed."),
    )
}

fn there(all: &Registry, aid: &Aid) -> Result<(), Trouble> {
    if all.entries.iter().any(|entry| entry.aid == aid.bytes()) {
        return Ok(());
    }
    Err(Trouble::new(
        Exit::Refused,
        gettext_f(
            "There is no {aid} on the card",
            &[("aid", &gp_page::named(aid))],
        ),
        gettext("“symbolonctl gp list” shows what there is. Nothing was changed."),
    ))
}

fn absent(all: &Registry, aid: &Aid) -> Result<(), Trouble> {
    if all.entries.iter().all(|entry| entry.aid != aid.bytes()) {
        return Ok(());
    }
    Err(Trouble::new(
        Exit::Refused,
        gettext_f(
            "There is {aid} on the card already",
            &[("aid", &gp_page::named(aid))],
        ),
        gettext("Delete it first, or choose another name with --instance. Nothing was changed."),
    ))
}

/// Locks something on the card, or unlocks it.
pub(super) fn set_lock(
    text: &str,
    locked: bool,
    change: &ChangeChoice,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let aid = aid(text)?;
    let name = [("aid", &*gp_page::named(&aid))];
    let work = Work {
        name: if locked {
            gettext_f("Lock {aid}", &name)
        } else {
            gettext_f("Unlock {aid}", &name)
        },
        tasks: Box::new(move |look, _| {
            if let Some(all) = registry(look) {
                there(all, &aid)?;
            }
            Ok(vec![Task::SetLock { aid, locked }])
        }),
        new_keys: None,
        ends_card: false,
    };
    Job::begin(globals)?.carry_out(work, &change.keys, How::of(change), output)
}

/// Puts the card into another state.
pub(super) fn set_state(
    state: StateName,
    change: &ChangeChoice,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let work = Work {
        name: gettext("State of the card"),
        tasks: Box::new(move |look, _| {
            let way = match registry(look).and_then(state_now) {
                Some(now) => way_to(now, state)?,
                None => vec![state.byte()],
            };
            let tasks = way.into_iter().map(|state| Task::SetCardState { state });
            Ok(tasks.collect())
        }),
        new_keys: None,
        ends_card: state == StateName::Terminated,
    };
    Job::begin(globals)?.carry_out(work, &change.keys, How::of(change), output)
}

/// The state that the card is in.
fn state_now(all: &Registry) -> Option<u8> {
    let mut entries = all.entries.iter();
    let manager = entries.find(|entry| entry.kind == RegistryKind::IssuerSecurityDomain);
    manager.map(|manager| manager.state)
}

/// The states on the way to another one: a card goes through them in their order, and back only from
/// being locked (GlobalPlatform Card Specification 2.3.1, 5.1.1).
fn way_to(now: u8, state: StateName) -> Result<Vec<u8>, Trouble> {
    const ORDER: [StateName; 3] = [
        StateName::Initialized,
        StateName::Secured,
        StateName::Locked,
    ];
    let (secured, locked) = (StateName::Secured.byte(), StateName::Locked.byte());
    let wanted = state.byte();
    if state == StateName::Terminated || (now, wanted) == (locked, secured) {
        return Ok(vec![wanted]);
    }
    let order = ORDER.into_iter().map(StateName::byte);
    let way: Vec<u8> = order.filter(|&on| now < on && on <= wanted).collect();
    if way.is_empty() {
        return Err(Trouble::new(
            Exit::Refused,
            gettext("The card is in this state already, or past it"),
            gettext("There is no way back to it. Nothing was changed."),
        ));
    }
    Ok(way)
}

/// Gives the card manager new keys.
pub(super) fn put_keys(put: &PutKeys, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let origin = Origin::of(put.new_keys.as_deref())?;
    key_versions(put.version, put.replace).map_err(|error| Trouble {
        exit: Exit::Usage,
        ..keys::of_key(error)
    })?;
    if put.change.export.is_some() {
        // Before they are asked for.
        return Err(export::refused(ExportError::NewKeys { step: 0 }).into());
    }
    let job = Job::begin(globals)?;
    let family = keys::family(&put.change.keys.source, &job.look.manager);
    let interrupt = job.card.session.interrupt();
    let new = origin.fetch(Which::New, family, interrupt, output)?;
    let task = put_keys_task(put.version, put.replace, &new, family).map_err(keys::of_key)?;
    let work = Work {
        name: gettext("New keys of the card manager"),
        tasks: Box::new(move |_, _| Ok(vec![task])),
        new_keys: Some(new),
        ends_card: false,
    };
    job.carry_out(work, &put.change.keys, How::of(&put.change), output)
}

/// Deletes a key set.
pub(super) fn delete_keys(
    version: u8,
    change: &ChangeChoice,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let work = Work {
        name: gettext("Delete keys of the card manager"),
        tasks: Box::new(move |look, _| {
            // The last key set is the last way to manage the card.
            let keys = look.manager.keys.as_deref().unwrap_or_default();
            if !keys.is_empty() && keys.iter().all(|key| key.version == version) {
                return Err(Trouble::new(
                    Exit::Refused,
                    gettext("These are the last keys of the card manager"),
                    gettext(
                        "Without them nobody could manage the card any more. Nothing was changed.",
                    ),
                ));
            }
            Ok(vec![Task::DeleteKeys { version }])
        }),
        new_keys: None,
        ends_card: false,
    };
    Job::begin(globals)?.carry_out(work, &change.keys, How::of(change), output)
}
