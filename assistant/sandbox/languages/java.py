"""Java: javac over every source, then the class of the entry's name; JDK 17 or later.

Jars that a job brings are on the class path. An entry that is then the only source is started as
it is (JEP 330): one virtual machine in place of two.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from assistant.sandbox.language import Mount, Plan, alone, find, mounted
from assistant.sandbox.types import Job

CLASSES = "/tmp/classes"  # noqa: S108 - the sandbox's own
JARS = "/opt/jars"
PARTS = ("bin/java", "bin/javac", "conf", "lib", "release")
# Programs are short: a small virtual machine starts sooner than a clever one.
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xss1m")


class Java:
    name = "java"
    suffixes = (".java",)

    def plan(self, job: Job) -> Plan:
        home = find("javac", "install a JDK (Debian: `apt install default-jdk-headless`)")
        home = home.parent.parent
        alone(home, ("bin/java", "bin/javac", "lib/modules"), "JDK")
        inside, mounts = mounted(home, "/opt/java", PARTS)
        heap = f"-Xmx{max(16, job.limits.memory_bytes // 2 >> 20)}m"
        sources = sorted(name for name in job.files if name.endswith(".java"))
        jars = tuple(
            Mount(jar, f"{JARS}/{number}/{jar.name}") for number, jar in enumerate(job.packages)
        )
        path = ":".join(jar.inside for jar in jars)
        compiler = tuple(f"-J{option}" for option in (*SMALL, heap))
        beside = ("-cp", path) if jars else ()
        java = (f"{inside}/bin/java", *SMALL, heap, "-cp")
        steps: tuple[tuple[str, ...], ...] = (
            (f"{inside}/bin/javac", *compiler, *beside, "-d", CLASSES, *sources),
            (*java, f"{CLASSES}:{path}" if jars else CLASSES, _class(job), *job.arguments),
        )
        if jars and sources == [job.entry]:
            steps = ((*java, path, job.entry, *job.arguments),)
        mounts = (*mounts, *_configuration(home), *jars)
        return Plan(steps, mounts, env={"JAVA_HOME": inside})


def _class(job: Job) -> str:
    """The entry's class: its file's name, in the package that its first lines name."""
    text = job.files[job.entry]
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    package = next((x for x in text.splitlines() if x.strip().startswith("package ")), "")
    name = package.strip().removeprefix("package ").split(";")[0].strip()
    stem = PurePosixPath(job.entry).stem
    return f"{name}.{stem}" if name else stem


def _configuration(home: Path) -> tuple[Mount, ...]:
    """Debian keeps a JDK's configuration in ``/etc/java-…``, linked to file by file."""
    links = [p.resolve() for p in (home / "conf").rglob("*") if p.is_symlink()]
    folders = {Path(*link.parts[:3]) for link in links if link.parts[1] == "etc"}
    return tuple(Mount(f, str(f)) for f in sorted(folders) if f.name.startswith("java"))


RUNTIME = Java()
