//! How the class comes in: whether anyone has to log in, the class code, the teacher's password, the certificate.

use crate::classroom::{Setting, Store};
use crate::cli::CliError;
use crate::server::{
    Access, ClassAccess, JwtKey, MIN_PASSWORD_CHARS, Parts, Tls, hash_password, new_class_code, new_password,
};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// The name that other machines of the network may find this one by.
pub(super) const LOCAL_NAME: &str = "lectern.local";

/// Flags of the door.
#[derive(Debug, clap::Args)]
pub(super) struct DoorArgs {
    /// Let everyone in who reaches the server, without class code and password, as it is on this machine alone; everyone
    /// may then do what the teacher may
    #[arg(long, env = "LECTERN_NO_LOGIN")]
    no_login: bool,
    /// The teacher's password, in place of the one that is kept; without either the first start makes one and shows it
    #[arg(long, env = "LECTERN_TEACHER_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    teacher_password: Option<String>,
    /// Take tokens (JWT) that a school's own server signs: its public key in PEM, or a file with the shared secret
    #[arg(long, env = "LECTERN_JWT_KEY", value_name = "FILE")]
    jwt_key: Option<PathBuf>,
    /// Serve over TLS (https, wss): `self-signed`, or the files of a certificate and its key in PEM, `cert.pem,key.pem`
    #[arg(long, env = "LECTERN_TLS", num_args = 1..=2, value_delimiter = ',', value_names = ["self-signed | CERT", "KEY"])]
    tls: Vec<PathBuf>,
}

/// How to come in, as it is shown at the start.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) access: Access,
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    /// The class code, where there is a login.
    pub(super) code: Option<String>,
    /// The teacher's password, if it was made just now.
    pub(super) new_password: Option<String>,
}

impl DoorArgs {
    /// The certificate, if there is to be one.
    pub(super) async fn tls(&self, data: &Path, addresses: &[IpAddr]) -> Result<Option<Tls>, CliError> {
        let tls = match self.tls.as_slice() {
            [] => return Ok(None),
            [word] if word.as_os_str() == "self-signed" => {
                let here = [IpAddr::from([127, 0, 0, 1]), IpAddr::from(std::net::Ipv6Addr::LOCALHOST)];
                let addresses: Vec<_> = here.iter().chain(addresses).copied().collect();
                Tls::self_signed(&data.join("tls"), &["localhost", LOCAL_NAME], &addresses).await?
            }
            [certificate, key] => Tls::read(certificate, key).await?,
            _ => {
                let usage = "--tls needs `self-signed`, or two files: the certificate and its key";
                return Err(CliError::Usage(usage.to_owned()));
            }
        };
        Ok(Some(tls))
    }

    /// Who is let in: everyone on this machine alone and with `--no-login`, else the class.
    pub(super) fn open(&self, bound: SocketAddr, parts: &Parts) -> Result<Entrance, CliError> {
        let scheme = if parts.tls.is_some() { "https" } else { "http" };
        let jwt = self.jwt_key.as_deref().map(JwtKey::read).transpose()?;
        if self.no_login || (bound.ip().is_loopback() && jwt.is_none()) {
            return Ok(Entrance { access: Access::Open, scheme, code: None, new_password: None });
        }
        let classroom = &parts.classroom;
        let new_password = self.password(classroom)?;
        let code = match classroom.setting(Setting::ClassCode)? {
            Some(code) => code,
            None => {
                let code = new_class_code();
                classroom.set(Setting::ClassCode, &code)?;
                code
            }
        };
        let host =
            if bound.ip().is_unspecified() { super::lan::addresses().first().copied() } else { Some(bound.ip()) };
        let address = host.map(|host| format!("{scheme}://{}", SocketAddr::new(host, bound.port())));
        let access = Access::Class(ClassAccess { secure: parts.tls.is_some(), jwt, address });
        Ok(Entrance { access, scheme, code: Some(code), new_password })
    }

    /// Sees to it that the teacher has a password; the new one, if one had to be made.
    fn password(&self, classroom: &Store) -> Result<Option<String>, CliError> {
        if let Some(password) = &self.teacher_password {
            if password.chars().count() < MIN_PASSWORD_CHARS {
                let usage = format!("the teacher's password needs at least {MIN_PASSWORD_CHARS} characters");
                return Err(CliError::Usage(usage));
            }
            classroom.set(Setting::TeacherPassword, &hash_password(password))?;
            return Ok(None);
        }
        if classroom.setting(Setting::TeacherPassword)?.is_some() {
            return Ok(None);
        }
        let password = new_password();
        classroom.set(Setting::TeacherPassword, &hash_password(&password))?;
        Ok(Some(password))
    }
}
