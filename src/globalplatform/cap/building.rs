//! What is set to build the MUSCLE applet for an old card, as data: the way of the HOWTO, 1.1, with a
//! Java of today for the virtual machine of a Cyberflex Access 64k.

/// Where the sources are, for Subversion.
pub const SOURCE: &str = "svn://svn.debian.org/muscleplugins/trunk/MCardApplet";

/// What the sources say about building, to be read first.
pub const INSTRUCTIONS: &str = "INSTALL";

/// Where something is set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BuildFile {
    /// `Cflex.properties`: the card and the tools.
    CardProperties,
    /// `CflexCapabilities.properties`: what the applet can do.
    Capabilities,
    /// The target `compile` of `common.xml`, a file of Ant.
    CompileTarget,
}

impl BuildFile {
    /// Its name in the sources.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CardProperties => "Cflex.properties",
            Self::Capabilities => "CflexCapabilities.properties",
            Self::CompileTarget => "common.xml",
        }
    }
}

/// Why something is set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BuildReason {
    /// It says which card the applet is for.
    Card,
    /// It says where the Java compiler of this computer is.
    Compiler,
    /// It says where the Java Card kit of the card's version is.
    Kit,
    /// It says where the tool is that converts the package for the card of this vendor.
    Converter,
    /// The compiler reads the sources as an old Java does.
    SourceVersion,
    /// The compiler writes classes that the converter of an old kit reads.
    TargetVersion,
    /// The compiler takes the classes of the old Java, not those of today's.
    BootClasses,
    /// Keys of 2048 bits, which are not enabled at first.
    LongKeys,
    /// Signing, which is not enabled at first.
    Signing,
    /// Tools other than the compiler do not read paths with backslashes.
    Slashes,
}

/// One thing to set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BuildFact {
    /// Where.
    pub file: BuildFile,
    /// What: a property, an attribute, or a flag.
    pub property: &'static str,
    /// To what; empty for a flag.
    pub value: &'static str,
    /// Why.
    pub why: BuildReason,
}

/// All of it, in the order in which it is set.
pub const FACTS: [BuildFact; 15] = [
    card("CARD_NAME", "Cflex", BuildReason::Card),
    card("JAVA_BUILD_HOME", "/usr", BuildReason::Compiler),
    card("JC_HOME", "${basedir}/depends/jc212", BuildReason::Kit),
    card("API_JAR", "${JC_HOME}/lib/api21.jar", BuildReason::Kit),
    card(
        "API_EXPORT_FILES",
        "${JC_HOME}/api21_export_files",
        BuildReason::Kit,
    ),
    card(
        "CAPTRANS",
        "${basedir}/depends/jc212/bin/captransf.jar",
        BuildReason::Converter,
    ),
    card("VM_SOURCE_VERSION", "1.2", BuildReason::SourceVersion),
    card("VM_TARGET_VERSION", "1.1", BuildReason::TargetVersion),
    card(
        "BOOTCLASSPATH",
        "${basedir}/depends/jdk1.2.2/depends/jdk1.2.2/lib",
        BuildReason::BootClasses,
    ),
    compile("source", "${VM_SOURCE_VERSION}", BuildReason::SourceVersion),
    compile("target", "${VM_TARGET_VERSION}", BuildReason::TargetVersion),
    compile(
        "bootclasspath",
        "${BOOTCLASSPATH}",
        BuildReason::BootClasses,
    ),
    compile("\\", "/", BuildReason::Slashes),
    capability("-DWITH_RSA_2048", BuildReason::LongKeys),
    capability("-DWITH_SIGN", BuildReason::Signing),
];

const fn card(property: &'static str, value: &'static str, why: BuildReason) -> BuildFact {
    BuildFact {
        file: BuildFile::CardProperties,
        property,
        value,
        why,
    }
}

const fn compile(property: &'static str, value: &'static str, why: BuildReason) -> BuildFact {
    BuildFact {
        file: BuildFile::CompileTarget,
        property,
        value,
        why,
    }
}

const fn capability(property: &'static str, why: BuildReason) -> BuildFact {
    BuildFact {
        file: BuildFile::Capabilities,
        property,
        value: "",
        why,
    }
}
