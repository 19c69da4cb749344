/* Prints the commit of an image or of one of its versions, the names in a directory, and a file, through the C
 * interface. Without a directory, prints the versions. This is all that a C program needs: a read function, an
 * allocator, a dozen calls.
 *
 * Usage: example IMAGE [DIRECTORY FILE [VERSION]]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reader/docteur.h"

static int read_file(void* self, uint64_t offset, void* out, size_t size) {
  char* to = out;
  while (size > 0) {
    const ssize_t n = pread(*(int*)self, to, size, (off_t)offset);
    if (n <= 0) return -1;
    to += n;
    offset += (uint64_t)n;
    size -= (size_t)n;
  }
  return 0;
}

static void* take(void* self, size_t size) {
  size_t* balance = self;
  *balance += size;
  return malloc(size);
}

static void give_back(void* self, void* block, size_t size) {
  size_t* balance = self;
  *balance -= size;
  free(block);
}

static int fail(const char* what, const docteur_error* error) {
  fprintf(stderr, "example: %s: %s at 0x%llx\n", what, error->what, (unsigned long long)error->at);
  return 1;
}

static int print_directory(docteur_image* image, const char* path) {
  docteur_error error = {DOCTEUR_OK, 0, ""};
  docteur_list* list = NULL;
  if (docteur_list_open(image, path, strlen(path), NULL, 0, &list, &error) != DOCTEUR_OK) return fail(path, &error);
  const char* name = NULL;
  size_t name_size = 0;
  docteur_node node;
  while (docteur_list_next(list, &name, &name_size, &node))
    printf("%.*s%s\n", (int)name_size, name, node.kind == DOCTEUR_DIRECTORY ? "/" : "");
  docteur_list_close(list);
  return 0;
}

static int print_file(docteur_image* image, const char* path) {
  docteur_error error = {DOCTEUR_OK, 0, ""};
  docteur_node node;
  docteur_file* file = NULL;
  if (docteur_resolve(image, path, strlen(path), &node, &error) != DOCTEUR_OK) return fail(path, &error);
  if (docteur_open(image, node, &file, &error) != DOCTEUR_OK) return fail(path, &error);
  char piece[1000];
  size_t n = 0;
  int status = 0;
  for (uint64_t at = 0; status == 0; at += n) {
    if (docteur_pread(file, piece, sizeof piece, at, &n, &error) != DOCTEUR_OK) {
      status = fail(path, &error);
    } else if (n == 0) {
      if (at != docteur_file_size(file)) status = 1;
      break;
    }
    fwrite(piece, 1, n, stdout);
  }
  docteur_close(file);
  return status;
}

/* Reads the whole file at once, which compares it with its id. */
static int check_file(docteur_image* image, const char* path) {
  docteur_error error = {DOCTEUR_OK, 0, ""};
  docteur_node node;
  uint64_t size = 0;
  if (docteur_resolve(image, path, strlen(path), &node, &error) != DOCTEUR_OK) return fail(path, &error);
  if (docteur_size(image, node, &size, &error) != DOCTEUR_OK) return fail(path, &error);
  char* content = malloc(size + 1);
  if (content == NULL) return 1;
  const docteur_status read = docteur_read(image, node, content, size, &error);
  free(content);
  return read == DOCTEUR_OK ? 0 : fail(path, &error);
}

static void print_id(const docteur_id* id) {
  for (size_t i = 0; i < id->size; ++i) printf("%02x", id->bytes[i]);
}

static int print_versions(docteur_image* image) {
  docteur_error error = {DOCTEUR_OK, 0, ""};
  uint32_t count = 0;
  if (docteur_versions(image, &count, &error) != DOCTEUR_OK) return fail("versions", &error);
  for (uint32_t i = 0; i < count; ++i) {
    docteur_version_info v;
    if (docteur_get_version(image, i, &v, &error) != DOCTEUR_OK) return fail("versions", &error);
    printf("%.*s ", (int)v.name_size, v.name);
    print_id(&v.commit);
    printf(" %.*s\n", (int)v.reference_size, v.reference);
  }
  return 0;
}

static int print_content(docteur_image* image, const char* directory, const char* file) {
  docteur_head head;
  docteur_get_head(image, &head);
  printf("commit ");
  print_id(&head.commit);
  printf("\nauthor %.*s\n", (int)head.author_name_size, head.author_name);
  int status = print_directory(image, directory);
  if (status == 0) status = print_file(image, file);
  return status == 0 ? check_file(image, file) : status;
}

static int print_version(docteur_image* image, const char* name, const char* directory, const char* file) {
  docteur_error error = {DOCTEUR_OK, 0, ""};
  docteur_image* version = NULL;
  if (docteur_attach_version(image, name, strlen(name), &version, &error) != DOCTEUR_OK) return fail(name, &error);
  const int status = print_content(version, directory, file);
  docteur_detach(version);
  return status;
}

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4 && argc != 5) {
    fprintf(stderr, "usage: example IMAGE [DIRECTORY FILE [VERSION]]\n");
    return 2;
  }
  int fd = open(argv[1], O_RDONLY);
  if (fd < 0) {
    perror(argv[1]);
    return 3;
  }
  size_t balance = 0; /* bytes allocated by the library */
  const docteur_device device = {&fd, (uint64_t)lseek(fd, 0, SEEK_END), read_file, NULL};
  const docteur_memory memory = {&balance, take, give_back};
  docteur_error error = {DOCTEUR_OK, 0, ""};
  docteur_image* image = NULL;
  if (docteur_attach(&device, &memory, 1 << 20, &image, &error) != DOCTEUR_OK) return fail(argv[1], &error);

  const int status = argc == 2   ? print_versions(image)
                     : argc == 4 ? print_content(image, argv[2], argv[3])
                                 : print_version(image, argv[4], argv[2], argv[3]);
  docteur_detach(image);
  close(fd);
  if (balance != 0) {
    fprintf(stderr, "example: %zu bytes were not given back\n", balance);
    return 1;
  }
  return status;
}
