/* docteur.h - read a docteur image from C.
 *
 * For a guest or a program that is not C++: attach an image on a block device, find paths, list directories, read
 * files. It uses no globals, threads or files: the caller passes in the device and the memory. (libdeflate takes
 * one decompressor of about 11 KiB from its own allocator, see libdeflate_set_memory_allocator.) Each handle may
 * be used by one thread at a time, an image and its versions together; there may be any number of handles.
 *
 * Paths are '/'-separated bytes with a length; a leading '/' and empty parts are ignored.
 */
#ifndef DOCTEUR_H
#define DOCTEUR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header, and of the library that is linked: major << 16 | minor << 8 | patch. Before 1.0.0 a new
 * minor number may change the interface. */
#define DOCTEUR_VERSION_NUMBER 0x000100
uint32_t docteur_version(void);

/* The block device. */
typedef struct docteur_device {
  void* self;
  uint64_t size; /* bytes */
  /* Fills all of `out` with `size` bytes from byte `offset` on and returns 0. Returns DOCTEUR_UNAVAILABLE if the same
   * read may succeed later (a time-out, a broken connection), any other value if it will not. */
  int (*read)(void* self, uint64_t offset, void* out, size_t size);
  /* The whole device as memory if it is mapped (then nothing is copied, and `read` may be NULL), else NULL. */
  const void* view;
} docteur_device;

/* Where memory comes from. */
typedef struct docteur_memory {
  void* self;
  /* Returns memory aligned for any scalar type, or NULL if memory is exhausted. */
  void* (*allocate)(void* self, size_t size);
  /* Receives the size that was requested. */
  void (*release)(void* self, void* block, size_t size);
} docteur_memory;

typedef enum docteur_status {
  DOCTEUR_OK = 0,
  DOCTEUR_IO,          /* the device failed */
  DOCTEUR_DAMAGED,     /* the image breaks a rule of the format, or a checksum does not match */
  DOCTEUR_UNSUPPORTED, /* a format version or feature this library does not know */
  DOCTEUR_LIMIT,       /* over one of the limits on images */
  DOCTEUR_NOT_FOUND,   /* no such path, or no such version */
  DOCTEUR_WRONG_KIND,  /* e.g. listing a file */
  DOCTEUR_LOOP,        /* too many symbolic links */
  DOCTEUR_OUT_OF_MEMORY,
  DOCTEUR_OUT_OF_RANGE, /* the caller asked for a range outside the file */
  DOCTEUR_UNAVAILABLE   /* the device failed for now: the same call may succeed later */
} docteur_status;

typedef struct docteur_error {
  docteur_status status;
  uint64_t at;      /* bytes from the start of the image, where it was detected */
  const char* what; /* static text */
} docteur_error;

typedef enum docteur_kind {
  DOCTEUR_FILE = 0,
  DOCTEUR_EXECUTABLE,
  DOCTEUR_SYMLINK,
  DOCTEUR_DIRECTORY,
  DOCTEUR_SUBMODULE
} docteur_kind;

/* The object at a path. `inode`: identifies the path; at least 1, and the same whenever the image is attached.
 * `position` is for the library only. */
typedef struct docteur_node {
  docteur_kind kind;
  uint32_t position;
  uint32_t inode;
} docteur_node;

/* An object id: 20 bytes of SHA-1, or 32 of SHA-256. */
#define DOCTEUR_MAX_ID_SIZE 32
typedef struct docteur_id {
  size_t size; /* bytes that count */
  uint8_t bytes[DOCTEUR_MAX_ID_SIZE];
} docteur_id;

typedef struct docteur_image docteur_image; /* an attached image, with a cache */
typedef struct docteur_list docteur_list;   /* a place in a directory */
typedef struct docteur_file docteur_file;   /* a file that is being read */

/* Attaches an image. `cache_bytes`: for bases of deltas; 0 is allowed. `error` may be NULL, here and below. On success
 * `*out` must be given to docteur_detach(). What the device and the memory refer to must live until then. */
docteur_status docteur_attach(const docteur_device* device, const docteur_memory* memory, size_t cache_bytes,
                              docteur_image** out, docteur_error* error);
/* The same for the image of one digest, the value behind "sha256:" that docteur-make and docteur-verify print: each
 * block of 64 KiB is compared with it before a byte of it is used, here and in all calls until docteur_detach(). Takes
 * memory for the list of digests (0.05 % of the image) and two blocks. A mapped device is copied from. Errors, besides
 * those of docteur_attach(): DOCTEUR_DAMAGED for another image and, in any later call, for a block that differs;
 * DOCTEUR_NOT_FOUND for an image without digests. */
#define DOCTEUR_DIGEST_SIZE 32
docteur_status docteur_attach_pinned(const docteur_device* device, const docteur_memory* memory, size_t cache_bytes,
                                     const uint8_t digest[DOCTEUR_DIGEST_SIZE], docteur_image** out,
                                     docteur_error* error);
void docteur_detach(docteur_image* d);

/* The commit of an image, or of a version: its id, its author's name and mail, its committer's time (seconds since
 * 1970), its message. The texts are not terminated and live as long as `d`. */
typedef struct docteur_head {
  docteur_id commit;
  docteur_id root;
  const char* author_name;
  size_t author_name_size;
  const char* author_mail;
  size_t author_mail_size;
  int64_t committed;
  const char* message;
  size_t message_size;
} docteur_head;
void docteur_get_head(const docteur_image* d, docteur_head* out);

/* Paths in the image or the version, directories included, and bytes of memory that the handle holds: what the versions
 * of an image share is counted with the image. */
uint32_t docteur_paths(const docteur_image* d);
size_t docteur_memory_used(const docteur_image* d);

/* An image may hold several commits, its versions, each under a name. The first is the image's own commit; several
 * names may have the same commit. `reference`: the full name of the branch or tag that the commit was asked for by; may
 * be empty. The texts are not terminated and live as long as the image's handle. */
typedef struct docteur_version_info {
  docteur_id commit;
  const char* name;
  size_t name_size;
  const char* reference;
  size_t reference_size;
} docteur_version_info;
/* Sets `*out` to the number of versions, at most 4,096; 0 for an image of one commit without a name. The first call
 * reads their list and keeps it, a few dozen bytes for each beside its texts, until the image is detached. `d` may be
 * the handle of a version, here and below: all of an image have one list. Errors: those of the device, DOCTEUR_DAMAGED,
 * DOCTEUR_LIMIT, DOCTEUR_OUT_OF_MEMORY. A call that failed may be repeated. */
docteur_status docteur_versions(docteur_image* d, uint32_t* out, docteur_error* error);
/* The version of a number, from 0 on. Errors: as docteur_versions(), DOCTEUR_OUT_OF_RANGE. */
docteur_status docteur_get_version(docteur_image* d, uint32_t number, docteur_version_info* out, docteur_error* error);
/* Attaches the version of this name or, if there is none, the first one of this reference. `*out` is a handle like the
 * image's: all functions find, list and read there. Nodes, and their inodes, belong to the handle that returned them.
 * The version takes memory for its paths, and uses the device, the memory and the cache of the image, so an image and
 * all its versions may be used by one thread at a time. On success `*out` must be given to docteur_detach(), before the
 * image is. Errors: those of docteur_versions() and docteur_attach(), DOCTEUR_NOT_FOUND. */
docteur_status docteur_attach_version(docteur_image* d, const char* name, size_t name_size, docteur_image** out,
                                      docteur_error* error);

/* The node at `path`: docteur_find() does not follow symbolic links, docteur_resolve() does, inside the image only. */
docteur_status docteur_find(const docteur_image* d, const char* path, size_t path_size, docteur_node* out);
docteur_status docteur_resolve(docteur_image* d, const char* path, size_t path_size, docteur_node* out,
                               docteur_error* error);

docteur_status docteur_oid(const docteur_image* d, docteur_node node, docteur_id* out, docteur_error* error);
docteur_status docteur_size(docteur_image* d, docteur_node node, uint64_t* out, docteur_error* error);

/* The whole content, checked against its id; `size` must be the value from docteur_size(). */
docteur_status docteur_read(docteur_image* d, docteur_node node, void* out, size_t size, docteur_error* error);
/* Opens a file or a link's target to be read in parts. Reading forward costs no more than reading it once: a delta is
 * rebuilt when it is first read and kept until docteur_close(), a large file continues where the last part ended. Parts
 * are not checked against the id. `*out` must be given to docteur_close() before docteur_detach(). */
docteur_status docteur_open(docteur_image* d, docteur_node node, docteur_file** out, docteur_error* error);
uint64_t docteur_file_size(const docteur_file* file); /* bytes */
/* As pread(2): reads up to `size` bytes at byte `offset`, fewer only at the end, none past it. `*got`: their number. */
docteur_status docteur_pread(docteur_file* file, void* out, size_t size, uint64_t offset, size_t* got,
                             docteur_error* error);
void docteur_close(docteur_file* file);

/* Reads one range: `size` bytes at byte `offset`, not checked against the id. Opens the file each time. */
docteur_status docteur_read_range(docteur_image* d, docteur_node node, uint64_t offset, void* out, size_t size,
                                  docteur_error* error);

/* Lists a directory in Git's order, from the entry after the one named `after`, or from the first one if
 * `after_size` is 0. docteur_list_next() returns 1 and the next entry, or 0 at the end; the name is not terminated and
 * lives until the next call. The list must be given to docteur_list_close() before docteur_detach(). */
docteur_status docteur_list_open(docteur_image* d, const char* path, size_t path_size, const char* after,
                                 size_t after_size, docteur_list** out, docteur_error* error);
int docteur_list_next(docteur_list* list, const char** name, size_t* name_size, docteur_node* out);
void docteur_list_close(docteur_list* list);

#ifdef __cplusplus
}
#endif

#endif
