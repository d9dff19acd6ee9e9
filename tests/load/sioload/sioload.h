/* sioload: what its files share. Types, the options as they were given, the state of all connections. */
#ifndef SIOLOAD_H
#define SIOLOAD_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

typedef unsigned char u8;

enum { S_IDLE, S_CONN, S_HTTP, S_EIO, S_NS, S_FOLLOW, S_FETCH, S_READY, S_DEAD };

typedef struct {
  int fd;
  u8 st, frag;
  u8 defl, nspi;
  u8 *buf;
  int len, cap;
  double t0, at;
  z_stream *z;
  u8 *msg;
  int mlen, mcap;
  int fragc;
} conn;

typedef struct {
  double ts;
  int n;
  int cap;
  float *lat;
  double last;
} grp;

/* Options; their defaults stand in main.c. */
extern char host[256], path[2048], hosthdr[300], nspfx[256], evpfx[300];
extern int ports[64], nports, nspl, evl;
extern const char *nsp, *auth, *cmd_auth, *event, *tskey, *header, *bevent, *aevent, *bdata, *adata;
extern const char *follow_body, *state_path; /* what a follower asks; what it gets when told to fetch */
extern int N, inflight, nb, nburst, burstn, nack, defl_on, raw, reconn, wall, restart_wait, dump_groups, verbose_n;
extern double interval, hold, settle, ctimeout, tsunit, rate, ackint, burst_wait;
extern int pids[64], npid;
extern struct sockaddr_in sa;

/* Connections: C[i] is follower i, C[i + N] the HTTP connection on which it gets the state. */
extern conn *C;
extern int ep, ready, dead, failed, started, opening, nconnlat, ng, gcap, gcur, nfetch, ack_seen, zcap;
extern float *connlat;
extern grp *G;
extern long nevents, nbytes, nframes, npings, ndisc;
extern double ack_t, last_ready;
extern char lasterr[512];
extern u8 *zout;

/* conn.c */
double now(void), nowc(void), selfcpu(void), srvcpu(void), srvrss(void);
void kill_conn(conn *c, const char *why), now_ready(conn *c), send_all(conn *c, const void *b, int n),
    start_conn(int i);
int pump(double until);
/* wire.c */
void ws_send(conn *c, int op, const char *d, int n);
int frames(conn *c, u8 *p, int n, double t);
/* phases.c */
int phases(void);
#endif
