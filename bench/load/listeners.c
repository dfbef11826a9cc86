/*
 * Many listeners on one stream, one a token. Prints "ready N" when all of them have had the event that comes first, then
 * for every event that is waited for the time when it was at all of them: "event NUMBER MILLISECONDS", since the epoch.
 *
 * Usage: listeners PORT TOKENS PATH FIRST-EVENT EVENT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Connections that wait for their answer at once, so that the server's backlog is never the limit. */
#define AT_ONCE 64

struct listener {
  int fd, ready, kept;
  /* The end of what was read before: a mark may lie across two reads. */
  char text[16384];
};

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  char mark[128], first[128];
  int mark_length = snprintf(mark, sizeof mark, "event: %s\n", arguments[5]);
  snprintf(first, sizeof first, "event: %s\n", arguments[4]);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  FILE *tokens = fopen(arguments[2], "r");
  if (tokens == NULL) fail(arguments[2]);
  int epoll = epoll_create1(0), opened = 0, ready = 0, over = 0;
  long marks = 0, events_seen = 0;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(atoi(arguments[1]))};
  struct epoll_event events[256];

  for (;;) {
    char token[4096], request[8192];
    while (!over && opened - ready < AT_ONCE) {
      if (fgets(token, sizeof token, tokens) == NULL) {
        over = 1;
        if (ready == opened) printf("ready %d\n", ready);
        break;
      }
      token[strcspn(token, "\n")] = 0;
      struct listener *one = calloc(1, sizeof *one);
      one->fd = socket(AF_INET, SOCK_STREAM, 0);
      if (one->fd < 0 || connect(one->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
      int size = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", arguments[3], token);
      if (write(one->fd, request, size) != size) fail("write");
      struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
      epoll_ctl(epoll, EPOLL_CTL_ADD, one->fd, &event);
      opened++;
    }
    fflush(stdout);
    int woken = epoll_wait(epoll, events, 256, 1000);
    for (int i = 0; i < woken; i++) {
      struct listener *one = events[i].data.ptr;
      ssize_t size = read(one->fd, one->text + one->kept, sizeof one->text - 1 - one->kept);
      if (size <= 0) {
        fprintf(stderr, "a stream was closed\n");
        return 1;
      }
      int length = one->kept + (int)size;
      one->text[length] = 0;
      if (!one->ready) {
        if (strncmp(one->text, "HTTP/1.1 200", 12) != 0 && length >= 12) {
          fprintf(stderr, "refused: %.200s\n", one->text);
          return 1;
        }
        if (strstr(one->text, first) != NULL) {
          one->ready = 1;
          /* What came with it was said before everybody listened. */
          one->kept = 0;
          if (++ready == opened && over) printf("ready %d\n", ready);
          continue;
        }
      }
      char *from = one->text, *found;
      while ((found = strstr(from, mark)) != NULL) {
        from = found + mark_length;
        if (++marks == (events_seen + 1) * (long)opened) {
          struct timespec time;
          clock_gettime(CLOCK_REALTIME, &time);
          printf("event %ld %.3f\n", ++events_seen, time.tv_sec * 1e3 + time.tv_nsec / 1e6);
        }
      }
      int left = (int)(one->text + length - from);
      one->kept = left < mark_length - 1 || !one->ready ? left : mark_length - 1;
      if (one->kept > 8192) one->kept = 8192;
      memmove(one->text, one->text + length - one->kept, one->kept);
    }
  }
}
