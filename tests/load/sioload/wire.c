/* sioload: the wire. WebSocket frames, Engine.IO and Socket.IO packets, timestamps in events. */
#include "sioload.h"

void ws_send(conn *c, int op, const char *d, int n) { /* masked with key 0: legal and free */
  u8 h[14];
  int k = 0;
  h[k++] = 0x80 | op;
  if (n < 126) h[k++] = 0x80 | n;
  else if (n < 65536) {
    h[k++] = 0x80 | 126;
    h[k++] = n >> 8;
    h[k++] = n;
  } else {
    h[k++] = 0xff;
    for (int i = 7; i >= 0; i--) h[k++] = (u8)(((unsigned long)n) >> (8 * i));
  }
  h[k++] = 0;
  h[k++] = 0;
  h[k++] = 0;
  h[k++] = 0;
  u8 st[8192];
  u8 *b = n + k <= (int)sizeof st ? st : malloc(n + k);
  memcpy(b, h, k);
  memcpy(b + k, d, n);
  send_all(c, b, n + k);
  if (b != st) free(b);
}

static void record(double ts, double t) {
  int g = -1;
  if (ng && G[gcur].ts == ts) g = gcur;
  else {
    for (int i = ng - 1; i >= 0; i--)
      if (G[i].ts == ts) {
        g = i;
        break;
      }
    if (g < 0) {
      if (ng == gcap) {
        gcap = gcap ? gcap * 2 : 1024;
        G = realloc(G, gcap * sizeof *G);
      }
      memset(&G[ng], 0, sizeof *G);
      G[ng].ts = ts;
      g = ng++;
    }
    gcur = g;
  }
  grp *q = &G[g];
  if (q->n == q->cap) {
    q->cap = q->cap ? q->cap * 2 : N + 8;
    q->lat = realloc(q->lat, q->cap * sizeof(float));
  }
  float l = (float)(t - ts);
  q->lat[q->n++] = l;
  if (l > q->last) q->last = l;
  nevents++;
}

static void scan(const u8 *p, int n, double t) {
  int kl = strlen(tskey);
  const u8 *e = p + n;
  while (p < e) {
    const u8 *q = memmem(p, e - p, tskey, kl);
    if (!q) return;
    q += kl;
    while (q < e && (*q == ' ' || *q == '"' || *q == ':')) q++;
    char tmp[40];
    int k = 0;
    while (q < e && k < 38 && (isdigit(*q) || *q == '.' || *q == 'e' || *q == '+')) tmp[k++] = *q++;
    tmp[k] = 0;
    if (k) record(strtod(tmp, 0) * tsunit, t);
    p = q;
  }
}

static void on_text(conn *c, u8 *p, int n, double t) {
  nframes++;
  nbytes += n;
  if (verbose_n > 0) {
    verbose_n--;
    fprintf(stderr, "< %.*s\n", n > 300 ? 300 : n, p);
  }
  if (raw) {
    scan(p, n, t);
    return;
  }
  if (n < 1) return;
  if (p[0] == '2') {
    npings++;
    char b[256];
    int m = n > 200 ? 200 : n;
    memcpy(b, p, m);
    b[0] = '3';
    ws_send(c, 1, b, m);
    return;
  }
  if (p[0] == '0') {
    if (c->st == S_EIO) {
      c->st = S_NS;
      const char *a = (c == C && cmd_auth) ? cmd_auth : auth;
      char b[8192];
      int m = snprintf(b, sizeof b, "40%s%s", nspfx, a ? a : "");
      ws_send(c, 1, b, m);
    }
    return;
  }
  if (p[0] == '1') {
    kill_conn(c, "eio close");
    return;
  }
  if (p[0] != '4' || n < 2) return;
  if (p[1] == '0') {
    if (c->st != S_NS) return;
    if (!follow_body) {
      now_ready(c);
      return;
    }
    char b[8192];
    int m = snprintf(b, sizeof b, "42%s0[\"follow\",%s]", nspfx, follow_body);
    c->st = S_FOLLOW;
    ws_send(c, 1, b, m);
    return;
  }
  if (p[1] == '3' && c->st == S_FOLLOW) {
    if (!memmem(p, n, "\"ok\":true", 9)) {
      snprintf(lasterr, sizeof lasterr, "follow: %.*s", n > 200 ? 200 : n, p);
      kill_conn(c, NULL);
      return;
    }
    if (state_path && memmem(p, n, "\"fetch\":true", 12)) {
      c->st = S_FETCH;
      nfetch++;
      start_conn((int)(c - C) + N);
      return;
    }
    now_ready(c);
    return;
  }
  if (p[1] == '4' || p[1] == '1') {
    snprintf(lasterr, sizeof lasterr, "refused: %.*s", n > 200 ? 200 : n, p);
    kill_conn(c, NULL);
    return;
  }
  if (p[1] == '3') {
    const u8 *q = p + 2;
    int m = n - 2;
    if (nspl && m >= nspl && !memcmp(q, nspfx, nspl)) { q += nspl; }
    int id = atoi((const char *)q);
    if (c == C) {
      ack_seen = id;
      ack_t = t;
    }
    return;
  }
  if (p[1] == '2' || p[1] == '5') {
    if (event && !(n > 2 + evl && memmem(p, n < 400 ? n : 400, evpfx, evl))) return;
    scan(p + 2, n - 2, t);
  }
}

static void on_msg(conn *c, int op, int rsv1, u8 *p, int n, double t) {
  if (rsv1) {
    if (!c->z) {
      c->z = calloc(1, sizeof *c->z);
      inflateInit2(c->z, -15);
    }
    u8 tail[4] = {0, 0, 0xff, 0xff};
    c->z->next_out = zout;
    c->z->avail_out = zcap;
    c->z->next_in = p;
    c->z->avail_in = n;
    inflate(c->z, Z_SYNC_FLUSH);
    c->z->next_in = tail;
    c->z->avail_in = 4;
    inflate(c->z, Z_SYNC_FLUSH);
    p = zout;
    n = zcap - c->z->avail_out;
  }
  on_text(c, p, n, t);
}

/* parse as many frames as possible from p..p+n, return the bytes used */
int frames(conn *c, u8 *p, int n, double t) {
  int off = 0;
  while (n - off >= 2 && c->st != S_DEAD) {
    u8 *q = p + off;
    int op = q[0] & 15, fin = q[0] >> 7, rsv1 = (q[0] >> 6) & 1;
    unsigned long len = q[1] & 127;
    int h = 2;
    if (len == 126) {
      if (n - off < 4) break;
      len = q[2] << 8 | q[3];
      h = 4;
    } else if (len == 127) {
      if (n - off < 10) break;
      len = 0;
      for (int i = 0; i < 8; i++) len = len << 8 | q[2 + i];
      h = 10;
    }
    if ((unsigned long)(n - off) < h + len) break;
    u8 *d = q + h;
    off += h + len;
    if (op == 8) {
      kill_conn(c, "ws close");
      break;
    }
    if (op == 9) {
      ws_send(c, 10, (char *)d, len);
      continue;
    }
    if (op == 10) continue;
    if (fin && op) on_msg(c, op, rsv1, d, len, t);
    else {
      if (op) {
        c->mlen = 0;
        c->frag = op;
        c->fragc = rsv1;
      }
      if (c->mlen + (int)len > c->mcap) {
        c->mcap = (c->mlen + len) * 2;
        c->msg = realloc(c->msg, c->mcap);
      }
      memcpy(c->msg + c->mlen, d, len);
      c->mlen += len;
      if (fin) on_msg(c, c->frag, c->fragc, c->msg, c->mlen, t);
    }
  }
  return off;
}
