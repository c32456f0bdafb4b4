//! Gives memory back to the system once it is not used; the system's own allocator keeps what a
//! burst of renders took.

use std::ptr;

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What the allocator keeps: two arenas, and nothing unused for longer than half a second; what was larger than
/// 256 KiB, such as an uploaded file, not at all (64 uploads of 5 MiB at once took 176 MB, and take 130). Its threads
/// come later: a thread that is there before an agent gives up its privileges would keep some.
#[expect(
    unsafe_code,
    reason = "jemalloc reads this, a C string, under this name; it is the only one"
)]
#[unsafe(export_name = "_rjem_malloc_conf")]
static ALLOCATOR_SETTINGS: &[u8; 96] =
    b"background_thread:false,narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0,oversize_threshold:262144\0";

/// Starts the threads that do so also while nothing happens.
pub fn begin_giving_back() {
    let mut on = true;
    #[expect(unsafe_code, reason = "the allocator's own settings are reached by a call of C only")]
    // SAFETY: the name is a C string, and the new value a bool of its size, both alive meanwhile.
    let result = unsafe {
        tikv_jemalloc_sys::mallctl(
            c"background_thread".as_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::from_mut(&mut on).cast(),
            size_of::<bool>(),
        )
    };
    if result != 0 {
        eprintln!("jobbergate: memory is given back only when more is asked for (error {result})");
    }
}
