//! Writing on the applet.
