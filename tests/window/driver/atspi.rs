//! The window as a screen reader has it: a tree of names and roles (AT-SPI over D-Bus).

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Type};

use super::wait;

/// `ATSPI_STATE_…`
const CHECKED: u32 = 4;
const SELECTED: u32 = 23;
const SENSITIVE: u32 = 24;
const FOCUSED: u32 = 12;

/// Nobody's tree is as deep.
const DEPTH: usize = 80;

/// A widget, as a screen reader knows it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    bus: Connection,
    owner: String,
    object: String,
}

/// The address of the accessibility bus of a session.
pub(crate) fn accessibility_bus(session: &str) -> String {
    let session = Builder::address(session).unwrap().build().unwrap();
    let reply = session.call_method(
        Some("org.a11y.Bus"),
        "/org/a11y/bus",
        Some("org.a11y.Bus"),
        "GetAddress",
        &(),
    );
    reply.unwrap().body().deserialize().unwrap()
}

impl Node {
    /// The root of the accessibility bus of a session.
    pub(crate) fn desktop(session: &str) -> Self {
        let address = accessibility_bus(session);
        let bus = Builder::address(address.as_str()).unwrap().build().unwrap();
        Self {
            bus,
            owner: "org.a11y.atspi.Registry".to_owned(),
            object: "/org/a11y/atspi/accessible/root".to_owned(),
        }
    }

    /// What tells it from all others, as long as its program runs.
    pub(crate) fn id(&self) -> String {
        format!("{}{}", self.owner, self.object)
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        self.property("Accessible", "Name")
            .and_then(|value| String::try_from(value).ok())
            .unwrap_or_default()
    }

    /// What else is said of it.
    pub(crate) fn description(&self) -> String {
        self.property("Accessible", "Description")
            .and_then(|value| String::try_from(value).ok())
            .unwrap_or_default()
    }

    /// What it is: "button", "label", "list", "text box".
    pub(crate) fn role(&self) -> String {
        self.call("Accessible", "GetRoleName", &())
            .unwrap_or_default()
    }

    /// The text in it, where it has any.
    pub(crate) fn text(&self) -> String {
        // Not -1, which AT-SPI has for the end: GTK 4.8 then gives nothing for an entry.
        self.call("Text", "GetText", &(0i32, i32::MAX))
            .unwrap_or_default()
    }

    /// The text in it, in every way in which a screen reader can ask: whole, around a place as a character, a word, a
    /// sentence, a line, a paragraph, and what is selected.
    pub(crate) fn every_text(&self) -> String {
        let mut all = self.text();
        for granularity in 0u32..=4 {
            for method in ["GetStringAtOffset", "GetTextAtOffset", "GetTextAfterOffset"] {
                let found: Option<(String, i32, i32)> =
                    self.call("Text", method, &(0i32, granularity));
                all += &found.unwrap_or_default().0;
            }
        }
        all + &self.selected().unwrap_or_default()
    }

    /// What of its text is selected.
    pub(crate) fn selected(&self) -> Option<String> {
        let range: (i32, i32) = self.call("Text", "GetSelection", &(0i32,))?;
        let text: String = self.call("Text", "GetText", &range)?;
        (range.0 < range.1).then_some(text)
    }

    /// Its parts.
    pub(crate) fn children(&self) -> Vec<Self> {
        // Not GetChildren: GTK 4.8 answers it empty or with an error for some nodes.
        (0..self.child_count())
            .filter_map(|index| self.child(index))
            .collect()
    }

    fn child_count(&self) -> i32 {
        let count = self.property("Accessible", "ChildCount");
        let count = count.and_then(|value| i32::try_from(value).ok());
        count.unwrap_or(0)
    }

    fn child(&self, index: i32) -> Option<Self> {
        let (owner, path): (String, OwnedObjectPath) =
            self.call("Accessible", "GetChildAtIndex", &(index,))?;
        Some(Self {
            bus: self.bus.clone(),
            owner,
            object: path.to_string(),
        })
    }

    /// Calls `visit` for this node and all below it, with the depth.
    pub(crate) fn walk(&self, visit: &mut impl FnMut(&Self, usize)) {
        self.walk_from(0, visit);
    }

    /// As `walk`, without what libadwaita alone is in charge of: the cross of its toasts has no
    /// name.
    fn walk_ours(&self, visit: &mut impl FnMut(&Self)) {
        if self.name() != "AdwToastWidget" {
            visit(self);
            for child in self.children() {
                child.walk_ours(visit);
            }
        }
    }

    fn walk_from(&self, depth: usize, visit: &mut impl FnMut(&Self, usize)) {
        assert!(depth < DEPTH, "a tree without an end");
        visit(self, depth);
        for child in self.children() {
            child.walk_from(depth + 1, visit);
        }
    }

    /// Everything below that a person can use and that has no name of its own: GTK then gives
    /// the name of the widget's class.
    pub(crate) fn nameless(&self) -> Vec<String> {
        const USED: [&str; 14] = [
            "button",
            "toggle button",
            "checkbox",
            "radio button",
            "switch",
            "text box",
            "search box",
            "password text",
            "spin button",
            "combo box",
            "list item",
            "menu item",
            "tab",
            "level bar",
        ];
        let mut found = Vec::new();
        self.walk_ours(&mut |node| {
            let (role, name) = (node.role(), node.name());
            let classes = ["Gtk", "Adw", "Symbolon"];
            let class = classes.iter().any(|class| name.starts_with(class));
            if USED.contains(&role.as_str()) && (name.trim().is_empty() || class) {
                found.push(format!("{role} {name:?} at {}", node.path()));
            }
        });
        found
    }

    /// What stands inside it, for whoever wonders which one it is.
    fn path(&self) -> String {
        let mut words = Vec::new();
        self.walk(&mut |node, _| {
            if !node.name().is_empty() {
                words.push(node.name());
            }
        });
        words.join(" / ")
    }

    /// The whole tree as text, for the one who writes a test.
    pub(crate) fn dump(&self) -> String {
        let mut text = String::new();
        self.walk(&mut |node, depth| {
            let focus = if node.is_focused() {
                " <- keyboard"
            } else {
                ""
            };
            let line = format!("{} {:?}{focus}\n", node.role(), node.name());
            text += &("  ".repeat(depth) + &line);
        });
        text
    }

    /// The first node below with this role and name, as it is now.
    pub(crate) fn look(&self, role: &str, name: &str) -> Option<Self> {
        self.first_named(role, &|known| known == name)
    }

    /// The first node below whose name contains `part`, as it is now.
    pub(crate) fn look_for_part(&self, role: &str, part: &str) -> Option<Self> {
        self.first_named(role, &|known| known.contains(part))
    }

    /// The first node below for which `wanted` holds, as it is now.
    pub(crate) fn first(&self, wanted: &dyn Fn(&Self) -> bool) -> Option<Self> {
        if wanted(self) {
            return Some(self.clone());
        }
        self.children().iter().find_map(|child| child.first(wanted))
    }

    /// As [`Node::first`] by name and role, with as few questions as can be: a tree has a
    /// thousand nodes. (One question for all properties would be fewer still, and ends GTK 4.8
    /// when a window has just closed.)
    fn first_named(&self, role: &str, wanted: &dyn Fn(&str) -> bool) -> Option<Self> {
        if wanted(&self.name()) && self.role() == role {
            return Some(self.clone());
        }
        (0..self.child_count())
            .filter_map(|index| self.child(index))
            .find_map(|child| child.first_named(role, wanted))
    }

    /// Waits for a node with this role and name.
    pub(crate) fn find(&self, role: &str, name: &str) -> Self {
        wait(&format!("{role} {name:?}"), || self.look(role, name))
    }

    /// Waits for a node whose name contains `part`.
    pub(crate) fn find_part(&self, role: &str, part: &str) -> Self {
        wait(&format!("{role} with {part:?}"), || {
            self.look_for_part(role, part)
        })
    }

    /// Waits until there is no such node any more.
    pub(crate) fn gone(&self, role: &str, name: &str) {
        wait(&format!("no {role} {name:?}"), || {
            self.look(role, name).is_none().then_some(())
        });
    }

    /// Waits until there is no node whose name contains `part` any more.
    pub(crate) fn gone_part(&self, role: &str, part: &str) {
        wait(&format!("no {role} with {part:?}"), || {
            self.look_for_part(role, part).is_none().then_some(())
        });
    }

    /// Waits until `so` holds for it.
    pub(crate) fn wait_until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let what = format!("{} {:?} {what}", self.role(), self.name());
        wait(&what, || so(self).then_some(()));
    }

    /// Presses it.
    pub(crate) fn click(&self) {
        // A menu button is two buttons of one name; the inner one is pressed.
        let (name, role) = (self.name(), self.role());
        let mut inner = self.children().into_iter();
        let inner = inner.find(|child| child.name() == name && child.role() == role);
        let node = inner.as_ref().unwrap_or(self);
        let done: Option<bool> = node.call("Action", "DoAction", &(0i32,));
        assert_eq!(done, Some(true), "{role} {name:?} cannot be pressed");
    }

    /// Puts `text` in place of what it holds.
    pub(crate) fn set_text(&self, text: &str) {
        let done: Option<bool> = self.call("EditableText", "SetTextContents", &(text,));
        assert_eq!(done, Some(true), "{:?} takes no text", self.name());
    }

    /// Goes to the line of this list that has this name.
    pub(crate) fn go_to(&self, name: &str) {
        let index = wait(&format!("a line {name:?}"), || {
            let lines = self.children();
            let lines = lines.iter().filter(|line| line.role() == "list item");
            let mut names = lines.map(Self::name);
            names.position(|line| line == name)
        });
        self.select(i32::try_from(index).unwrap());
    }

    /// Selects a child of a list.
    pub(crate) fn select(&self, index: i32) {
        let done: Option<bool> = self.call("Selection", "SelectChild", &(index,));
        assert_eq!(done, Some(true), "{:?} has no child {index}", self.name());
    }

    /// Whether it can be used.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.state(SENSITIVE)
    }

    /// Whether it has the keyboard.
    pub(crate) fn is_focused(&self) -> bool {
        self.state(FOCUSED)
    }

    /// Whether it is switched on or ticked.
    pub(crate) fn is_checked(&self) -> bool {
        self.state(CHECKED)
    }

    /// Whether it is chosen in its list.
    pub(crate) fn is_selected(&self) -> bool {
        self.state(SELECTED)
    }

    fn state(&self, bit: u32) -> bool {
        let states: Vec<u32> = self.call("Accessible", "GetState", &()).unwrap_or_default();
        let word = states.get(bit as usize / 32).copied().unwrap_or(0);
        word >> (bit % 32) & 1 == 1
    }

    /// Where it is in its window, in pixels: x, y, width, height.
    pub(crate) fn extents(&self) -> (i32, i32, i32, i32) {
        // 1: relative to the window. GTK 4.8 answers so whatever is asked.
        self.call("Component", "GetExtents", &(1u32,))
            .unwrap_or_default()
    }

    fn property(&self, interface: &str, name: &str) -> Option<OwnedValue> {
        let interface = format!("org.a11y.atspi.{interface}");
        let reply = self.bus.call_method(
            Some(self.owner.as_str()),
            self.object.as_str(),
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &(interface.as_str(), name),
        );
        reply.ok()?.body().deserialize().ok()
    }

    fn call<T>(
        &self,
        interface: &str,
        method: &str,
        arguments: &(impl serde::Serialize + zbus::zvariant::DynamicType),
    ) -> Option<T>
    where
        T: for<'a> serde::Deserialize<'a> + Type,
    {
        let interface = format!("org.a11y.atspi.{interface}");
        let reply = self.bus.call_method(
            Some(self.owner.as_str()),
            self.object.as_str(),
            Some(interface.as_str()),
            method,
            arguments,
        );
        reply.ok()?.body().deserialize().ok()
    }
}
