/*
 * Load at a fixed rate, whatever the target does: request n is due at n / rate, and its latency counts from then, so
 * that a target which stalls is charged for all who would have come meanwhile (no coordinated omission). wrk cannot do
 * this, and wrk2 is in no Debian.
 *
 * Usage: paced PORT TOKENS RATE SECONDS WARM-UP-SECONDS CONNECTIONS; prints one line of JSON, times in ms.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 1024
#define MOST_TOKENS 65536
#define ANSWER_BYTES 16384

struct connection {
  int fd, busy, length;
  double due;
  char answer[ANSWER_BYTES + 1];
};

static struct connection connections[MOST_CONNECTIONS];
static struct connection *idle[MOST_CONNECTIONS];
static int idle_count, token_count, refused;
static char *requests[MOST_TOKENS];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void read_tokens(const char *file) {
  FILE *tokens = fopen(file, "r");
  if (tokens == NULL) fail(file);
  char line[4096];
  while (token_count < MOST_TOKENS && fgets(line, sizeof line, tokens) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (asprintf(&requests[token_count++], "GET /conferences HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", line) < 0) exit(1);
  }
  fclose(tokens);
}

/* Whether the answer is complete. Every contender sends a Content-Length. */
static int complete(struct connection *c) {
  c->answer[c->length] = 0;
  char *end = strstr(c->answer, "\r\n\r\n");
  if (end == NULL) return 0;
  char *field = strcasestr(c->answer, "\r\ncontent-length:");
  int size = (int)(end - c->answer) + 4 + (field != NULL && field < end ? atoi(field + 17) : 0);
  if (c->length < size) return 0;
  if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0) refused++;
  c->length = 0;
  return 1;
}

int main(int count, char **arguments) {
  if (count != 7) return 2;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  double rate = atof(arguments[3]), seconds = atof(arguments[4]), warm_up = atof(arguments[5]);
  int connection_count = atoi(arguments[6]);
  if (connection_count > MOST_CONNECTIONS || rate <= 0) return 2;
  read_tokens(arguments[2]);
  long total = (long)(rate * (seconds + warm_up)), first = (long)(rate * warm_up), sent = 0, answered = 0, kept = 0;
  float *latencies = malloc(sizeof(float) * (total - first + 1));

  int epoll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0), on = 1;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(atoi(arguments[1]))};
  for (int i = 0; i < connection_count; i++) {
    struct connection *c = &connections[i];
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    event.data.ptr = c;
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
    idle[idle_count++] = c;
  }

  double start = now(), end = start + seconds + warm_up + 30;
  while (answered < total) {
    double time = now();
    if (time > end) {
      fprintf(stderr, "%ld of %ld answers never came\n", total - answered, total);
      return 1;
    }
    while (sent < total && idle_count > 0 && start + sent / rate <= time) {
      struct connection *c = idle[--idle_count];
      char *request = requests[sent % token_count];
      c->due = start + sent / rate;
      c->busy = sent >= first ? 2 : 1;
      if (write(c->fd, request, strlen(request)) != (ssize_t)strlen(request)) fail("write");
      sent++;
    }
    if (sent < total && idle_count > 0) {
      double next = start + sent / rate;
      struct itimerspec when = {.it_value = {.tv_sec = (time_t)next, .tv_nsec = (long)((next - (time_t)next) * 1e9)}};
      timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
    }
    int ready = epoll_wait(epoll, events, 256, 1000);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == NULL) {
        uint64_t expired;
        if (read(timer, &expired, sizeof expired) < 0) fail("timer");
        continue;
      }
      ssize_t size = read(c->fd, c->answer + c->length, ANSWER_BYTES - c->length);
      if (size <= 0) {
        fprintf(stderr, "a connection was closed\n");
        return 1;
      }
      c->length += size;
      if (!complete(c)) continue;
      if (c->busy == 2) latencies[kept++] = (float)((now() - c->due) * 1000);
      c->busy = 0;
      idle[idle_count++] = c;
      answered++;
    }
  }
  qsort(latencies, kept, sizeof(float), ascending);
  printf("{\"requests\":%ld,\"refused\":%d,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"most\":%.3f}\n", kept,
         refused, latencies[kept / 2], latencies[kept * 9 / 10], latencies[kept * 99 / 100],
         latencies[kept * 999 / 1000], latencies[kept - 1]);
}
