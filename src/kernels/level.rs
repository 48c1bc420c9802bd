//! Which vector instructions the processor has. A [`Level`] is proof: it can only be had by looking.

/// A way to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// The scalar twins.
    Twin,
    /// The code of the next two with instructions made of AVX2's.
    #[cfg(all(test, target_arch = "x86_64"))]
    EmulatedVnni,
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// These and AVX-VNNI.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// These and AVX512-VNNI with vectors of 256 bits.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

/// A way to compute that this processor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level(Path);

impl Level {
    /// The fastest.
    pub(crate) fn best() -> Self {
        *Self::all().last().expect("the twins are always there")
    }

    /// All of this processor, the slowest first.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self(Path::Twin)];
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") && has!("f16c") {
                #[cfg(test)]
                all.push(Self(Path::EmulatedVnni));
                all.push(Self(Path::Avx2));
                if has!("avxvnni") {
                    all.push(Self(Path::AvxVnni));
                }
                if has!("avx512f") && has!("avx512vl") && has!("avx512vnni") {
                    all.push(Self(Path::Avx512Vnni));
                }
            }
        }
        all
    }

    /// Whether there is vector code for this processor.
    pub(crate) fn is_vector(self) -> bool {
        self.0 != Path::Twin
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            Path::Twin => "scalar",
            #[cfg(all(test, target_arch = "x86_64"))]
            Path::EmulatedVnni => "emulated VNNI",
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Path::AvxVnni => "AVX-VNNI",
            #[cfg(target_arch = "x86_64")]
            Path::Avx512Vnni => "AVX512-VNNI",
        }
    }

    pub(super) fn path(self) -> Path {
        self.0
    }
}
