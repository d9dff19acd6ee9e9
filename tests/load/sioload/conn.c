/* sioload: connections. Clocks, opening and ending, reading and writing, the loop. What is said on them is wire.c. */
#include "sioload.h"

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

double nowc(void) {
  struct timespec t;
  clock_gettime(wall ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

double selfcpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

double srvcpu(void) {
  double s = 0;
  for (int i = 0; i < npid; i++) {
    clockid_t c;
    struct timespec t;
    if (!clock_getcpuclockid(pids[i], &c) && !clock_gettime(c, &t)) s += t.tv_sec + t.tv_nsec * 1e-9;
  }
  return s;
}

double srvrss(void) {
  double s = 0;
  for (int i = 0; i < npid; i++) {
    char p[64];
    sprintf(p, "/proc/%d/statm", pids[i]);
    FILE *f = fopen(p, "r");
    long a, b;
    if (f) {
      if (fscanf(f, "%ld %ld", &a, &b) == 2) s += b * 4096.0 / 1048576;
      fclose(f);
    }
  }
  return s;
}

void kill_conn(conn *c, const char *why) {
  if (c->st == S_DEAD) return;
  if (c - C >= N) {
    if (c->st != S_DEAD && C[c - C - N].st == S_FETCH) {
      c->st = S_DEAD;
      close(c->fd);
      kill_conn(&C[c - C - N], "the state was not got");
    }
    return;
  }
  if (c->st == S_READY) {
    ready--;
    ndisc++;
  } else {
    failed++;
    opening--;
  }
  if (why) snprintf(lasterr, sizeof lasterr, "conn %d state %d: %s (errno %d)", (int)(c - C), c->st, why, errno);
  c->st = S_DEAD;
  close(c->fd);
  dead++;
}

void now_ready(conn *c) {
  c->st = S_READY;
  ready++;
  opening--;
  last_ready = now();
  connlat[nconnlat++] = (float)(last_ready - c->t0);
}

void send_all(conn *c, const void *b, int n) {
  const char *p = b;
  int tries = 0;
  while (n > 0) {
    ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);
    if (r > 0) {
      p += r;
      n -= r;
    } else if (errno == EAGAIN && tries++ < 100000) {
      usleep(100);
    } else {
      kill_conn(c, "send");
      return;
    }
  }
}

static u8 rb[1 << 20];

/* the whole answer of GET state has come when Content-Length says so */
static void on_fetched(conn *c, u8 *p, int n) {
  u8 *e = memmem(p, n, "\r\n\r\n", 4);
  long len = -1;
  if (e) {
    u8 *q = memmem(p, e - p, "Content-Length:", 15);
    if (q) len = atol((char *)q + 15);
  }
  if (e && len >= 0 && n - (e + 4 - p) >= len) {
    conn *f = &C[c - C - N];
    int ok = !memcmp(p + 9, "200", 3);
    close(c->fd);
    c->st = S_DEAD;
    if (ok && f->st == S_FETCH) now_ready(f);
    else if (f->st == S_FETCH)
      kill_conn(f, "state not 200");
    return;
  }
  if (n > c->cap) {
    c->cap = n * 2;
    c->buf = realloc(c->buf, c->cap);
  }
  memcpy(c->buf, p, n);
  c->len = n;
}

static void on_read(conn *c) {
  for (;;) {
    u8 *p = rb;
    int have = 0;
    if (c->len) {
      memcpy(rb, c->buf, c->len);
      have = c->len;
      c->len = 0;
    }
    ssize_t r = recv(c->fd, rb + have, sizeof rb - have, 0);
    double t = nowc();
    if (r == 0) {
      kill_conn(c, "eof");
      return;
    }
    if (r < 0) {
      if (errno == EAGAIN) r = 0;
      else {
        kill_conn(c, "recv");
        return;
      }
    }
    int full = have + r == (int)sizeof rb;
    int n = have + r;
    if (c - C >= N) {
      on_fetched(c, p, n);
      return;
    }
    if (c->st == S_HTTP) {
      u8 *e = memmem(p, n, "\r\n\r\n", 4);
      if (e) {
        if (n < 12 || memcmp(p + 9, "101", 3)) {
          *e = 0;
          snprintf(lasterr, sizeof lasterr, "http: %.300s", p);
          kill_conn(c, NULL);
          return;
        }
        c->defl = memmem(p, e - p, "permessage-deflate", 18) != 0;
        n -= e + 4 - p;
        p = e + 4;
        if (raw) {
          c->st = S_READY;
          ready++;
          opening--;
          connlat[nconnlat++] = (float)(t - c->t0);
        } else
          c->st = S_EIO;
      }
    }
    if (c->st > S_HTTP && c->st != S_DEAD) {
      int u = frames(c, p, n, t);
      p += u;
      n -= u;
    }
    if (c->st == S_DEAD) return;
    if (n) {
      if (n > c->cap) {
        c->cap = n * 2;
        c->buf = realloc(c->buf, c->cap);
      }
      memcpy(c->buf, p, n);
      c->len = n;
    }
    if (!full) return;
  }
}

void start_conn(int i) {
  conn *c = &C[i];
  memset(&c->fd, 0, sizeof c->fd);
  c->st = S_CONN;
  c->len = 0;
  c->mlen = 0;
  if (c->z) {
    inflateEnd(c->z);
    free(c->z);
    c->z = 0;
  }
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) {
    perror("socket");
    exit(1);
  }
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in a = sa;
  a.sin_port = htons(ports[i % N % nports]);
  if (!strcmp(host, "127.0.0.1")) {
    struct sockaddr_in l = {.sin_family = AF_INET};
    l.sin_addr.s_addr = htonl(0x7f000002 + i / 10000 + ((getpid() & 255) << 8));
    setsockopt(c->fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &one, sizeof one);
    bind(c->fd, (void *)&l, sizeof l);
  }
  c->t0 = now();
  if (i < N) {
    opening++;
    started++;
  }
  int r = connect(c->fd, (void *)&a, sizeof a);
  if (r < 0 && errno != EINPROGRESS) {
    kill_conn(c, "connect");
    return;
  }
  struct epoll_event e = {.events = EPOLLOUT | EPOLLIN, .data.u32 = i};
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static void on_writable(conn *c) {
  int err = 0;
  socklen_t l = sizeof err;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
  if (err) {
    errno = err;
    kill_conn(c, "connect");
    return;
  }
  if (c - C >= N) {
    char g[4096];
    int k =
        snprintf(g, sizeof g, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\nConnection: close\r\n%s%s\r\n",
                 state_path, hosthdr, header ? header : "", header ? "\r\n" : "");
    c->st = S_HTTP;
    struct epoll_event h = {.events = EPOLLIN, .data.u32 = (unsigned)(c - C)};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &h);
    send_all(c, g, k);
    return;
  }
  char b[8192];
  int n =
      snprintf(b, sizeof b,
               "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
               "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n",
               path, hosthdr, defl_on ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "",
               header ? header : "", header ? "\r\n" : "");
  c->st = S_HTTP;
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = (unsigned)(c - C)};
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
  send_all(c, b, n);
}

static double quiet_since;

int pump(double until) { /* run the loop until time; returns the events handled */
  struct epoll_event ev[1024];
  int tot = 0;
  for (;;) {
    double t = now();
    int to = (int)((until - t) * 1000 + 0.999);
    if (to < 0) to = 0;
    int n = epoll_wait(ep, ev, 1024, to > 50 ? 50 : to);
    for (int i = 0; i < n; i++) {
      conn *c = &C[ev[i].data.u32];
      if (c->st == S_DEAD || c->st == S_IDLE) continue;
      if (c->st == S_CONN) {
        if (ev[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) on_writable(c);
      } else if (ev[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        on_read(c);
    }
    tot += n;
    if (n) quiet_since = now();
    if (n || now() >= until) return tot;
  }
}
