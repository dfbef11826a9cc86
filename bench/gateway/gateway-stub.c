/*
 * A gateway that only answers, as fast as one core can: it checks nothing, so that what is measured is who asks.
 * One thread, epoll, keep-alive. Counts what it was asked; the benchmark reads the counts between rounds.
 *
 *   GET    …/agentconf/{agent}/queryvdnconfid   three conferences, the last one another after each change
 *   POST   …/agentconf/{agent}/requestagentconf the agent's own conference, which an event grants
 *   POST   …/agentconf/{agent}/queryconfinfos   that conference, with the agent as its chair
 *   POST   …/agentconf/{agent}/releaseagentconf its end, which an event tells
 *   PUT    …/onlineagent/{agent}[/forcelogin]   signed in to VDN 1, with Set-GUID
 *   DELETE …/onlineagent/{agent}/…              signed out
 *   GET    …/agentevent/{agent}                 held until an event, or for the hold; a new Guid at each rotation
 *   GET    /control/counts                      what was asked so far
 *   POST   /control/event/{agent}               an event, to the poll that is held
 *   POST   /control/list                        another list from now on
 *   GET    /control/listed                      when it was first answered, in ms since the epoch; 0: not yet
 *
 * Usage: gateway-stub [hold in ms, 10000] [rotation in ms, 60000]; prints its port. Ends with whoever started it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 65536
#define MOST_AGENTS 1000000
#define REQUEST_BYTES 8192

struct connection {
  int fd;
  int length;
  /* A held poll: its agent, and its place among the held ones, the longest waiting first. */
  int agent;
  long due;
  struct connection *next, *previous;
  char request[REQUEST_BYTES + 1];
};

static struct connection *connections[MOST_CONNECTIONS];
static struct connection held = {.next = &held, .previous = &held};
static struct connection *poll_of[MOST_AGENTS];
static long guid_born[MOST_AGENTS];
static unsigned guid_version[MOST_AGENTS];
/* Events that wait for the agent's next poll, by their place in `events`, the next one first; 0: none. */
static unsigned char waiting[MOST_AGENTS][2];
static long requests, queries, polls, sign_ins, rotations, open_connections, held_polls, hold_ms = 10000, rotation_ms = 60000;
static long list_version, listed_version;
static double listed_ms;
static int epoll;

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void unhold(struct connection *c) {
  if (c->agent < 0) return;
  c->previous->next = c->next;
  c->next->previous = c->previous;
  if (poll_of[c->agent] == c) poll_of[c->agent] = NULL;
  c->agent = -1;
  held_polls--;
}

static void drop(struct connection *c) {
  unhold(c);
  connections[c->fd] = NULL;
  close(c->fd);
  free(c);
  open_connections--;
}

/* Answers are far smaller than a socket's buffer: one that does not fit has nobody who reads it. */
static int answer(struct connection *c, const char *header, const char *body) {
  char text[1024];
  int length = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n%sContent-Length: %zu\r\n\r\n%s",
                        header, strlen(body), body);
  return write(c->fd, text, length) == length;
}

static int answer_poll(struct connection *c, int agent, const char *body) {
  char header[128] = "";
  long now = now_ms();
  if (guid_born[agent] != 0 && now - guid_born[agent] >= rotation_ms) {
    rotations++;
    guid_born[agent] = now;
    snprintf(header, sizeof header, "Set-GUID: JSESSIONID=guid-%d-%u.AgentGateway0\r\n", agent, ++guid_version[agent]);
  } else if (guid_born[agent] == 0) {
    /* Signed in elsewhere, some time in the last minute. */
    guid_born[agent] = now - rand() % rotation_ms;
  }
  return answer(c, header, body);
}

static int number_after(const char *path, const char *word) {
  const char *at = strstr(path, word);
  long number = at == NULL ? 0 : strtol(at + strlen(word), NULL, 10);
  return number < 0 || number >= MOST_AGENTS ? 0 : (int)number;
}

/* An agent has a conference of its own at a time: its id is the agent's number, and some more. */
#define OWN_CONFERENCE 500000

enum { GRANTED = 1, LEFT };
static const char *const events_of_own[] = {"", "AgentConf_RequestSuccess", "AgentConf_SelfLeaveResult"};

static int answer_event(struct connection *c, int agent, int event) {
  char body[256];
  snprintf(body, sizeof body,
           "{\"message\":\"\",\"retcode\":\"0\",\"event\":{\"eventType\":\"%s\",\"workNo\":\"%d\",\"content\":{\"confId\":%d}}}",
           events_of_own[event], agent, OWN_CONFERENCE + agent);
  return answer_poll(c, agent, body);
}

static void tell(int agent, int event) {
  struct connection *poll = poll_of[agent];
  if (poll == NULL) {
    waiting[agent][waiting[agent][0] == 0 ? 0 : 1] = event;
    return;
  }
  unhold(poll);
  if (!answer_event(poll, agent, event)) drop(poll);
}

static int control(struct connection *c, const char *path) {
  char body[320];
  if (strncmp(path, "/control/event/", 15) == 0) {
    int agent = number_after(path, "/control/event/");
    struct connection *poll = poll_of[agent];
    if (poll == NULL) return answer(c, "", "{\"delivered\":false}");
    unhold(poll);
    snprintf(body, sizeof body,
             "{\"message\":\"\",\"retcode\":\"0\",\"event\":{\"eventType\":\"AgentState_Ready\",\"workNo\":\"%d\",\"content\":null}}",
             agent);
    if (!answer_poll(poll, agent, body)) drop(poll);
    return answer(c, "", "{\"delivered\":true}");
  }
  if (strncmp(path, "/control/listed", 15) == 0) {
    snprintf(body, sizeof body, "{\"at\":%.3f}", listed_version == list_version ? listed_ms : 0);
    return answer(c, "", body);
  }
  if (strncmp(path, "/control/list", 13) == 0) {
    list_version++;
    return answer(c, "", "{}");
  }
  snprintf(body, sizeof body,
           "{\"requests\":%ld,\"queries\":%ld,\"polls\":%ld,\"rotations\":%ld,\"signIns\":%ld,\"connections\":%ld,\"heldPolls\":%ld}",
           requests, queries, polls, rotations, sign_ins, open_connections, held_polls);
  return answer(c, "", body);
}

/* The agent's own conference; -1 where it is not about that. */
static int respond_own(struct connection *c, const char *path) {
  int agent = number_after(path, "/agentconf/");
  if (strstr(path, "/queryconfinfos") != NULL) {
    char body[448];
    snprintf(body, sizeof body,
             "{\"message\":\"success\",\"retcode\":\"0\",\"result\":{\"confs\":[{\"confId\":%d,\"confState\":0,\"startTime\":1700000000000,"
             "\"applyConfTime\":60,\"confHaveBeenTime\":0,\"addresses\":[{\"addressType\":\"9\",\"address\":\"%d\",\"channelAttrib\":3,"
             "\"channelState\":0,\"role\":1,\"enterTime\":1700000000000}]}]}}",
             OWN_CONFERENCE + agent, agent);
    return answer(c, "", body);
  }
  int event = strstr(path, "/requestagentconf") != NULL ? GRANTED : strstr(path, "/releaseagentconf") != NULL ? LEFT : 0;
  if (event == 0) return -1;
  int sent = answer(c, "", "{\"message\":\"success\",\"retcode\":\"0\",\"result\":{}}");
  tell(agent, event);
  return sent;
}

static int respond(struct connection *c, const char *path) {
  if (strncmp(path, "/control/", 9) == 0) return control(c, path);
  requests++;
  if (strstr(path, "/queryvdnconfid") != NULL) {
    char body[160];
    queries++;
    if (listed_version != list_version) {
      struct timespec time;
      clock_gettime(CLOCK_REALTIME, &time);
      listed_ms = time.tv_sec * 1e3 + time.tv_nsec / 1e6;
      listed_version = list_version;
    }
    snprintf(body, sizeof body,
             "{\"message\":\"success\",\"retcode\":\"0\",\"result\":{\"confIds\":[355840,355841,%ld]}}",
             1029888 + list_version);
    return answer(c, "", body);
  }
  if (strstr(path, "/agentevent/") != NULL) {
    polls++;
    int agent = number_after(path, "/agentevent/");
    if (poll_of[agent] != NULL) return 0;
    int event = waiting[agent][0];
    if (event != 0) {
      waiting[agent][0] = waiting[agent][1];
      waiting[agent][1] = 0;
      return answer_event(c, agent, event);
    }
    c->agent = agent;
    c->due = now_ms() + hold_ms;
    c->next = &held;
    c->previous = held.previous;
    held.previous->next = c;
    held.previous = c;
    poll_of[agent] = c;
    held_polls++;
    return 1;
  }
  if (strstr(path, "/agentconf/") != NULL) {
    int sent = respond_own(c, path);
    if (sent >= 0) return sent;
  }
  if (strstr(path, "/onlineagent/") != NULL && c->request[0] == 'P') {
    int agent = number_after(path, "/onlineagent/");
    char header[128], body[256];
    sign_ins++;
    guid_born[agent] = now_ms();
    snprintf(header, sizeof header, "Set-GUID: JSESSIONID=guid-%d-%u.AgentGateway0\r\n", agent, ++guid_version[agent]);
    snprintf(body, sizeof body,
             "{\"message\":\"\",\"retcode\":\"0\",\"result\":{\"vdnid\":1,\"workno\":\"%d\",\"mediatype\":\"TTF\",\"isForceChange\":\"false\",\"timeRemaining\":\"\"}}",
             agent);
    return answer(c, header, body);
  }
  return answer(c, "", "{\"message\":\"success\",\"retcode\":\"0\",\"result\":{}}");
}

/* Answers every complete request in the buffer. 0: the connection is to be dropped. */
static int serve(struct connection *c) {
  for (;;) {
    c->request[c->length] = 0;
    char *end = strstr(c->request, "\r\n\r\n");
    if (end == NULL) return c->length < REQUEST_BYTES;
    int size = (int)(end - c->request) + 4;
    if (c->request[0] != 'G') {
      char *field = strcasestr(c->request, "\r\ncontent-length:");
      if (field != NULL && field < end) size += atoi(field + 17);
      if (size > REQUEST_BYTES) return 0;
      if (c->length < size) return 1;
    }
    char *path = strchr(c->request, ' ');
    if (path == NULL || path >= end) return 0;
    char *path_end = strchr(++path, ' ');
    if (path_end == NULL || path_end >= end) return 0;
    *path_end = 0;
    if (!respond(c, path)) return 0;
    memmove(c->request, c->request + size, c->length - size);
    c->length -= size;
  }
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct connection *c = fd < MOST_CONNECTIONS ? calloc(1, sizeof *c) : NULL;
    if (c == NULL) {
      close(fd);
      continue;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->fd = fd;
    c->agent = -1;
    connections[fd] = c;
    open_connections++;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static void read_from(struct connection *c) {
  ssize_t size = read(c->fd, c->request + c->length, REQUEST_BYTES - c->length);
  if (size > 0) {
    c->length += size;
    if (serve(c)) return;
  } else if (size < 0 && errno == EAGAIN) {
    return;
  }
  drop(c);
}

static void answer_due_polls(void) {
  long now = now_ms();
  while (held.next != &held && held.next->due <= now) {
    struct connection *c = held.next;
    int agent = c->agent;
    unhold(c);
    if (!answer_poll(c, agent, "{\"message\":\"\",\"retcode\":\"0\"}")) drop(c);
  }
}

int main(int count, char **arguments) {
  if (count > 1) hold_ms = atol(arguments[1]);
  if (count > 2) rotation_ms = atol(arguments[2]);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 4096) < 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);

  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int wait = -1;
    if (held.next != &held) {
      long left = held.next->due - now_ms();
      wait = left > 0 ? (int)left : 0;
    }
    int ready = epoll_wait(epoll, events, 512, wait);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all(listener);
      else if (connections[fd] != NULL) read_from(connections[fd]);
    }
    answer_due_polls();
  }
}
