//! How often: token buckets for addresses, for students and for names that are tried.

use super::error::ApiError;
use super::limits::{Limits, Rate};
use super::protocol::{ErrorCode, WireError};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// After so many looks, keys whose bucket is full again are forgotten.
const TIDY_EVERY: u32 = 4096;

fn quota(rate: Rate) -> Quota {
    let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(at_least_one(rate.per_minute)).allow_burst(at_least_one(rate.burst))
}

/// A bucket for each key.
struct Buckets<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    looks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(rate: Rate) -> Self {
        Self { limiter: RateLimiter::keyed(quota(rate)), looks: AtomicU32::new(0) }
    }

    /// Takes one from the bucket, or says how long to wait.
    fn take(&self, key: &K) -> Result<(), Duration> {
        if self.looks.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

/// All buckets of a server.
pub(super) struct Rates {
    requests: Buckets<IpAddr>,
    tries: Buckets<IpAddr>,
    names: Buckets<String>,
    messages: Buckets<String>,
    loopback_is_free: bool,
}

/// One household has a whole /64 of IPv6.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            },
            IpAddr::V4,
        ),
    }
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            requests: Buckets::new(limits.requests),
            tries: Buckets::new(limits.tries),
            names: Buckets::new(limits.tries),
            messages: Buckets::new(limits.messages),
            loopback_is_free: limits.loopback_is_free,
        }
    }

    fn by_address(&self, buckets: &Buckets<IpAddr>, peer: IpAddr) -> Result<(), ApiError> {
        if self.loopback_is_free && peer.to_canonical().is_loopback() {
            return Ok(());
        }
        buckets.take(&neighbourhood(peer)).map_err(|wait| ApiError::rate_limited("too many requests", wait))
    }

    /// One more request from this address.
    pub(super) fn request(&self, peer: IpAddr) -> Result<(), ApiError> {
        self.by_address(&self.requests, peer)
    }

    /// One more try to come in from this address, as `name` where one was given.
    pub(super) fn attempt(&self, peer: IpAddr, name: &str) -> Result<(), ApiError> {
        self.by_address(&self.tries, peer)?;
        // Counted wherever it comes from: a picture-PIN has few enough pictures to go through them all.
        let waits = |wait| ApiError::rate_limited("too many tries for this name", wait);
        if name.is_empty() { Ok(()) } else { self.names.take(&name.to_lowercase()).map_err(waits) }
    }

    /// One more message of this student.
    pub(super) fn message(&self, client_id: &str) -> Result<(), WireError> {
        self.messages.take(&client_id.to_owned()).map_err(|wait| {
            limited("you are sending messages faster than anyone can read the replies; wait a moment", wait)
        })
    }
}

/// How many frames one connection may send.
pub(super) struct FrameRate(DefaultDirectRateLimiter);

impl FrameRate {
    pub(super) fn new(limits: &Limits) -> Self {
        Self(RateLimiter::direct(quota(limits.frames)))
    }

    /// One more frame.
    pub(super) fn take(&self) -> Result<(), WireError> {
        let until = self.0.check();
        until.map_err(|until| limited("too many frames", until.wait_time_from(DefaultClock::default().now())))
    }
}

fn limited(error: &str, wait: Duration) -> WireError {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    WireError { retry_after_ms: Some(wait), ..WireError::new(ErrorCode::RateLimited, error) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_bucket_is_for_one_key_and_runs_dry() {
        let limits = Limits { messages: Rate { per_minute: 1, burst: 2 }, ..Limits::default() };
        let rates = Rates::new(&limits);
        assert!(rates.message("ann").is_ok() && rates.message("ann").is_ok());
        let refused = rates.message("ann").unwrap_err();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert!((1..=60_000).contains(&refused.retry_after_ms.unwrap()));
        assert!(rates.message("ben").is_ok());
    }

    #[test]
    fn the_machine_itself_is_free_where_the_limits_say_so() {
        let limits = Limits { requests: Rate { per_minute: 1, burst: 1 }, ..Limits::default() };
        let (here, there): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "10.0.0.5".parse().unwrap());
        let check = |rates: &Rates, peer, expect: &[bool]| {
            let found: Vec<_> = expect.iter().map(|_| rates.request(peer).is_ok()).collect();
            assert_eq!(found, expect, "{peer}");
        };
        check(&Rates::new(&limits), here, &[true, true]);
        check(&Rates::new(&limits), there, &[true, false]);
        check(&Rates::new(&Limits { loopback_is_free: false, ..limits }), here, &[true, false]);
    }

    #[test]
    fn neighbours_share_a_bucket() {
        let of = |text: &str| neighbourhood(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:10.0.0.5"), "10.0.0.5");
        assert_eq!(of("10.0.0.5"), "10.0.0.5");
    }
}
