//! Messages with open files, over a pair of sockets that keeps them apart.

use std::{
    io::{self, IoSlice, IoSliceMut},
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd},
};

use nix::{
    cmsg_space,
    errno::Errno,
    sys::socket::{
        AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
        sendmsg, socketpair,
    },
};

/// The longest message, in bytes.
pub const LONGEST: usize = 128 << 10;
/// How many open files go with a message at most.
const MOST_FILES: usize = 4;
/// How many the kernel lets anybody send with one: there is room for them, so that none is lost sight
/// of that is not wanted.
const MOST_OF_KERNEL: usize = 253;

/// What came.
#[derive(Debug)]
pub enum Received {
    Message(Vec<u8>, Vec<OwnedFd>),
    /// A message that is longer, or has more files, than any may.
    TooLong,
    /// The other end is gone.
    End,
}

/// Two ends of a connection.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC;
    Ok(socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?)
}

/// Sends a message; waits while the other end has not yet taken the earlier ones.
pub fn send(socket: impl AsFd, message: &[u8], files: &[OwnedFd]) -> io::Result<()> {
    if message.len() > LONGEST || files.len() > MOST_FILES {
        return Err(Errno::EMSGSIZE.into());
    }
    let files: Vec<RawFd> = files.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&files)];
    let rights = if files.is_empty() { &rights[..0] } else { &rights[..] };
    loop {
        let content = [IoSlice::new(message)];
        let socket = socket.as_fd().as_raw_fd();
        match sendmsg::<()>(socket, &content, rights, MsgFlags::MSG_NOSIGNAL, None) {
            Err(Errno::EINTR) => {}
            sent => return sent.map(drop).map_err(io::Error::from),
        }
    }
}

/// Waits for a message.
pub fn receive(socket: impl AsFd) -> io::Result<Received> {
    let mut content = vec![0; LONGEST];
    let mut space = cmsg_space!([RawFd; MOST_OF_KERNEL]);
    loop {
        let mut slices = [IoSliceMut::new(&mut content)];
        let socket = socket.as_fd().as_raw_fd();
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = match recvmsg::<()>(socket, &mut slices, Some(&mut space), flags) {
            Err(Errno::EINTR) => continue,
            Err(Errno::ECONNRESET) => return Ok(Received::End),
            message => message?,
        };
        let (length, flags) = (message.bytes, message.flags);
        let files: Vec<OwnedFd> = message.cmsgs()?.flat_map(owned).collect();
        return Ok(match length {
            _ if flags.contains(MsgFlags::MSG_TRUNC) || files.len() > MOST_FILES => {
                Received::TooLong
            }
            0 if files.is_empty() => Received::End,
            _ => {
                content.truncate(length);
                Received::Message(content, files)
            }
        });
    }
}

fn owned(message: ControlMessageOwned) -> Vec<OwnedFd> {
    let ControlMessageOwned::ScmRights(files) = message else { return Vec::new() };
    #[expect(unsafe_code, reason = "the kernel gives numbers of files that are ours now")]
    // SAFETY: the files were opened for this process by the call, and nothing else knows of them.
    files.into_iter().map(|file| unsafe { OwnedFd::from_raw_fd(file) }).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Read, Seek, Write},
    };

    use super::*;

    #[test]
    fn messages_arrive_one_by_one_with_their_files_until_the_end() {
        let (here, there) = pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"content").unwrap();
        file.rewind().unwrap();
        send(&here, b"one", &[]).unwrap();
        send(&here, b"two", &[file.into()]).unwrap();
        let Received::Message(one, none) = receive(&there).unwrap() else { panic!() };
        assert_eq!((one.as_slice(), none.len()), (&b"one"[..], 0));
        let Received::Message(two, files) = receive(&there).unwrap() else { panic!() };
        let mut text = String::new();
        File::from(files.into_iter().next().unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!((two.as_slice(), text.as_str()), (&b"two"[..], "content"));
        drop(here);
        assert!(matches!(receive(&there).unwrap(), Received::End));
    }

    #[test]
    fn what_is_too_long_is_not_sent_and_not_taken() {
        let (here, there) = pair().unwrap();
        assert!(send(&here, &vec![0; LONGEST], &[]).is_ok());
        assert!(
            matches!(receive(&there).unwrap(), Received::Message(all, _) if all.len() == LONGEST)
        );
        assert!(send(&here, &vec![0; LONGEST + 1], &[]).is_err());
        let content = vec![0; LONGEST + 1];
        let slices = [IoSlice::new(&content)];
        sendmsg::<()>(here.as_raw_fd(), &slices, &[], MsgFlags::empty(), None).unwrap();
        assert!(matches!(receive(&there).unwrap(), Received::TooLong));
        let file: OwnedFd = tempfile::tempfile().unwrap().into();
        let files = [file.as_raw_fd(); 200];
        let (rights, slices) = ([ControlMessage::ScmRights(&files)], [IoSlice::new(b"x")]);
        sendmsg::<()>(here.as_raw_fd(), &slices, &rights, MsgFlags::empty(), None).unwrap();
        assert!(matches!(receive(&there).unwrap(), Received::TooLong));
        send(&here, b"next", &[]).unwrap();
        assert!(matches!(receive(&there).unwrap(), Received::Message(next, _) if next == b"next"));
    }
}
