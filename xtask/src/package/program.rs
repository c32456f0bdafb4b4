//! The program that is packed.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    process::{self, cargo, target_directory},
    python,
};

/// The oldest glibc among those that packages are for: that of RHEL 8 and Rocky Linux 8.
const GLIBC: (u32, u32) = (2, 28);

/// Builds it with Zig as the linker and the C compiler, which know older versions of glibc than this machine's.
pub(super) fn build() -> Result<PathBuf> {
    let wanted = ["cargo-zigbuild", "ziglang"].map(OsStr::new);
    let zig = python::environment("zig", &wanted)?;
    let platform = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let (major, minor) = GLIBC;
    let target = format!("{platform}.{major}.{minor}");
    let build = ["zigbuild", "--profile", "dist", "--locked", "--package", "jobbergate"];
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([zig].into_iter().chain(env::split_paths(&path)))?;
    process::run(cargo(&build)?.args(["--target", &target]).env("PATH", path))?;
    let program = target_directory()?.join(platform).join("dist/jobbergate");
    let needed = least_glibc(&program)?;
    ensure!(
        version(&needed) <= Some(GLIBC),
        "it was to run with glibc {GLIBC:?} and needs {needed}"
    );
    Ok(program)
}

/// The oldest glibc that the program runs with, as in `2.28`.
pub(super) fn least_glibc(program: &Path) -> Result<String> {
    let symbols = process::output(Command::new("objdump").arg("-T").arg(program));
    let symbols =
        symbols.context("objdump can't read it: is it a program, are binutils installed?")?;
    let versions = symbols.split("GLIBC_").skip(1).filter_map(|rest| {
        let text = rest.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
        Some((version(text)?, text))
    });
    Ok(versions.max().map_or_else(|| "of any version".to_owned(), |(_, text)| text.to_owned()))
}

/// Debian's packages of the libraries that it links, as a package names what it depends on.
pub(super) fn debian_libraries(program: &Path) -> Result<String> {
    let dynamic = process::output(Command::new("readelf").arg("-d").arg(program));
    let dynamic = dynamic.context("readelf can't read it: are binutils installed?")?;
    let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    let mut packages = BTreeSet::new();
    for library in needed.filter_map(|line| line.split(['[', ']']).nth(1)) {
        let name = library.split(['.', '-']).next().unwrap_or_default();
        packages.insert(match name {
            "libc" | "libm" | "libdl" | "libpthread" | "librt" | "ld" => {
                format!("libc6 (>= {})", least_glibc(program)?)
            }
            "libgcc_s" => "libgcc-s1".to_owned(),
            _ => bail!(
                "the program links {library}: name Debian's package of it in debian_libraries"
            ),
        });
    }
    Ok(packages.into_iter().collect::<Vec<_>>().join(", "))
}

pub(super) fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
