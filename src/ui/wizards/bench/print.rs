//! Letters on paper: the system's dialog for printers is shown, and the pages go there from memory.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsRawFd as _;
use std::rc::Rc;

use relm4::gtk;
use relm4::gtk::prelude::*;
use rustix::fs::{MemfdFlags, Mode, memfd_create};
use rustix::process::umask;

use crate::base::i18n::gettext;
use crate::base::secret::Secret;
use crate::explain::Explanation;

/// What became of it.
#[derive(Debug)]
pub enum Printed {
    /// The printer has it.
    Sent,
    /// It is in a file that the person named.
    IntoFile,
    /// Nobody wants it now.
    Cancelled,
    /// Why it was not sent.
    Failed(Explanation),
}

/// Asks which printer, and sends `pages` (PDF) there. `ended` is called once.
pub(super) fn print(
    window: &impl IsA<gtk::Window>,
    pages: Secret,
    ended: impl Fn(Printed) + 'static,
) {
    let title = gettext("Print letters");
    let dialog = gtk::PrintUnixDialog::new(Some(&title), Some(window));
    dialog.set_modal(true);
    let pages = Cell::new(Some(pages));
    let ended = Rc::new(ended);
    dialog.connect_response(move |dialog, response| {
        let Some(pages) = pages.take() else { return };
        let printer = dialog.selected_printer();
        let (settings, setup) = (dialog.settings(), dialog.page_setup());
        dialog.destroy();
        let (gtk::ResponseType::Ok, Some(printer)) = (response, printer) else {
            return ended(Printed::Cancelled);
        };
        if !printer.accepts_pdf() {
            return ended(Printed::Failed(refused()));
        }
        let job = gtk::PrintJob::new(&title, &printer, &settings, &setup);
        send(&job, &pages, &ended);
    });
    dialog.present();
}

fn send(job: &gtk::PrintJob, pages: &Secret, ended: &Rc<impl Fn(Printed) + 'static>) {
    let file = match in_memory(pages) {
        Ok(file) => file,
        Err(error) => {
            tracing::warn!(%error, "no memory file for the printer");
            return ended(Printed::Failed(not_sent()));
        }
    };
    if let Err(error) = job.set_source_fd(file.as_raw_fd()) {
        tracing::warn!(%error, "the job takes no pages");
        return ended(Printed::Failed(not_sent()));
    }
    // A printer that is none writes a file, which is for nobody else's eyes.
    let before = job
        .printer()
        .is_virtual()
        .then(|| umask(Mode::RWXG | Mode::RWXO));
    // It is read until the job is over, and wiped then.
    let (file, len) = (Cell::new(Some(file)), pages.len());
    let ended = Rc::clone(ended);
    job.send(move |_, sent| {
        if let Some(file) = file.take() {
            wipe(file, len);
        }
        if let Some(before) = before {
            umask(before);
        }
        ended(match sent {
            Ok(()) if before.is_some() => Printed::IntoFile,
            Ok(()) => Printed::Sent,
            Err(error) => {
                tracing::warn!(%error, "not printed");
                Printed::Failed(not_sent())
            }
        });
    });
}

/// A file in no folder: GTK's jobs read files alone.
fn in_memory(pages: &Secret) -> io::Result<File> {
    let mut file = File::from(memfd_create("letters", MemfdFlags::CLOEXEC)?);
    file.write_all(pages.expose())?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// What was in it is not left in memory that somebody else is given.
fn wipe(mut file: File, len: usize) {
    let wiped = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.write_all(&vec![0; len]));
    if let Err(error) = wiped {
        tracing::warn!(%error, "the memory file is not wiped");
    }
}

fn refused() -> Explanation {
    Explanation::new(
        gettext("This printer takes no PDF"),
        gettext("Choose another one, or save the letters and print them from there."),
    )
}

fn not_sent() -> Explanation {
    Explanation::new(
        gettext("The letters were not printed"),
        gettext("They are still here. Try again, or save them and print them from there."),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_pages_are_read_from_memory_and_wiped() {
        let pages = Secret::new(b"%PDF-1.7 184620");
        let mut file = in_memory(&pages).unwrap();
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, pages.expose());
        let mut other = file.try_clone().unwrap();
        wipe(file, pages.len());
        other.seek(SeekFrom::Start(0)).unwrap();
        read.clear();
        other.read_to_end(&mut read).unwrap();
        assert_eq!(read, [0; 15]);
    }
}
