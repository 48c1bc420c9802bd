//! How a class finds the server: its addresses, and a QR code for phones.

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::net::{IpAddr, SocketAddr};

/// Prints where the class can be joined.
pub(super) fn announce(bound: SocketAddr) {
    if !bound.ip().is_unspecified() {
        println!("\nLectern is ready: http://{bound}/demo\n");
        return;
    }
    let addresses = lan_addresses();
    println!("\nLectern is ready. On this machine: http://127.0.0.1:{}/demo", bound.port());
    let Some(first) = addresses.first() else {
        println!("This machine is in no network; phones cannot join until it is.\n");
        return;
    };
    println!("For everyone in this network:");
    for address in &addresses {
        println!("  {}", page_of(*address, bound.port()));
    }
    if let Some(code) = qr(&page_of(*first, bound.port())) {
        println!();
        for line in code.lines() {
            println!("\x1b[97;40m{line}\x1b[0m");
        }
    }
    println!("Whoever is in this network can join, and there are no passwords yet.\n");
}

fn page_of(address: IpAddr, port: u16) -> String {
    format!("http://{}/demo", SocketAddr::new(address, port))
}

/// Addresses a phone may reach, the likeliest first: private IPv4 of real interfaces before those of bridges and tunnels.
fn lan_addresses() -> Vec<IpAddr> {
    const VIRTUAL: &[&str] = &["docker", "br-", "veth", "virbr", "tun", "tap", "wg", "vmnet", "vboxnet"];
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut found: Vec<(bool, IpAddr)> = interfaces
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local() && interface.ip().is_ipv4())
        .map(|interface| (VIRTUAL.iter().any(|name| interface.name.starts_with(name)), interface.ip()))
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, address)| address).collect()
}

/// The text as a QR code of half blocks. What is drawn are the light modules, in white on black whatever the terminal's
/// own colours.
fn qr(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_links_that_a_phone_can_open() {
        for (address, expected) in
            [("192.168.1.7", "http://192.168.1.7:8000/demo"), ("fd00::7", "http://[fd00::7]:8000/demo")]
        {
            assert_eq!(page_of(address.parse().expect("an address"), 8000), expected);
        }
    }

    #[test]
    fn the_code_is_square_in_half_blocks() {
        let code = qr("http://192.168.1.7:8000/demo").expect("a short text fits");
        let lines: Vec<&str> = code.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
    }
}
