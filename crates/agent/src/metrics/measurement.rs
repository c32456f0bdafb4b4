//! What is measured, by the names that Slurm's plugin for InfluxDB gives it.

/// A measurement of a task, with the unit that Slurm's plugin writes it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measurement {
    /// kHz; where the kernel tells no frequencies, MHz by `/proc/cpuinfo`.
    CpuFrequency,
    /// Seconds since the sample before.
    CpuTime,
    /// Percent of one processor since the sample before.
    CpuUtilization,
    /// MiB.
    GpuMemory,
    /// Percent.
    GpuUtilization,
    /// Page faults since the task began.
    Pages,
    /// KiB.
    Rss,
    /// MiB since the sample before.
    ReadMb,
    /// KiB.
    VmSize,
    /// MiB since the sample before.
    WriteMb,
}

/// How several values of one second become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Each counts what the others don't: their sum. None is nothing.
    Amount,
    /// The last one. None is the one before.
    Level,
    /// Their mean. None is the one before.
    Rate,
}

pub const COUNT: usize = 10;

impl Measurement {
    pub const ALL: [Self; COUNT] = [
        Self::CpuFrequency,
        Self::CpuTime,
        Self::CpuUtilization,
        Self::GpuMemory,
        Self::GpuUtilization,
        Self::Pages,
        Self::Rss,
        Self::ReadMb,
        Self::VmSize,
        Self::WriteMb,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::CpuFrequency => "CPUFrequency",
            Self::CpuTime => "CPUTime",
            Self::CpuUtilization => "CPUUtilization",
            Self::GpuMemory => "GPUMemMB",
            Self::GpuUtilization => "GPUUtilization",
            Self::Pages => "Pages",
            Self::Rss => "RSS",
            Self::ReadMb => "ReadMB",
            Self::VmSize => "VMSize",
            Self::WriteMb => "WriteMB",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measurement| measurement.name() == name)
    }

    pub const fn kind(self) -> Kind {
        match self {
            Self::CpuTime | Self::ReadMb | Self::WriteMb => Kind::Amount,
            Self::GpuMemory | Self::Pages | Self::Rss | Self::VmSize => Kind::Level,
            Self::CpuFrequency | Self::CpuUtilization | Self::GpuUtilization => Kind::Rate,
        }
    }
}

/// The values of one second of one measurement.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values {
    sum: f64,
    count: f64,
    last: f64,
}

impl Values {
    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
        self.last = value;
    }

    /// The one value that they are; none if there are none.
    pub fn as_one(&self, kind: Kind) -> Option<f64> {
        let value = match kind {
            Kind::Amount => self.sum,
            Kind::Level => self.last,
            Kind::Rate => self.sum / self.count,
        };
        (self.count > 0.0).then_some(value)
    }
}
