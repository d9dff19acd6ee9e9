/* sioload - load client for Socket.IO v5 / Engine.IO v4 over WebSocket: one thread, one epoll set, N connections.
 * It holds N followers, lets connection 0 (the commander) send commands, and measures the connection storm, the latency
 * of every event that carries a timestamp, command -> acknowledgement, and the CPU time of the servers named by --pid.
 * One JSON object on stdout, progress on stderr; options in sioload.md. Here: options and their defaults.
 * build: gcc -O2 -o sioload *.c -lz -lm
 */
#include "sioload.h"

char host[256] = "127.0.0.1", path[2048] = "/socket.io/?EIO=4&transport=websocket", hosthdr[300];
int ports[64], nports;
const char *nsp = "/", *auth = NULL, *cmd_auth = NULL, *event = NULL, *tskey = "\"ts\":", *header = NULL;
const char *bevent = "bcast", *aevent = "cmd", *bdata = "{\"n\":%N}", *adata = "{\"v\":1}";
int N = 1000, inflight = 256, nb = 20, nburst = 5, burstn = 50, nack = 200, defl_on = 0, raw = 0, reconn = 0;
double interval = 0.5, hold = 0, settle = 2, ctimeout = 120, tsunit = 1e-9, rate = 0, ackint = 0.005, burst_wait = 60;
int wall = 0;
int pids[64], npid;
struct sockaddr_in sa;
conn *C;
int ep, ready, dead, failed, started, opening;
float *connlat;
int nconnlat;
grp *G;
int ng, gcap, gcur;
long nevents, nbytes, nframes, npings, ndisc;
int ack_seen = -1;
double ack_t;
char lasterr[512];
int verbose_n = 0;
const char *follow_body = NULL, *state_path = NULL;
int restart_wait = 0, dump_groups = 0, nfetch = 0;
double last_ready = 0;
char nspfx[256], evpfx[300];
int nspl, evl;
u8 *zout;
int zcap = 1 << 20;

/* Reads the options; 0 if one is not known. */
static int options(int ac, char **av, char *url, int room) {
  static struct option o[] = {{"url", 1, 0, 'u'},           {"n", 1, 0, 'n'},          {"namespace", 1, 0, 'N'},
                              {"auth", 1, 0, 'a'},          {"cmd-auth", 1, 0, 'A'},   {"event", 1, 0, 'e'},
                              {"ts-key", 1, 0, 't'},        {"ts-unit", 1, 0, 'U'},    {"wall", 0, 0, 'w'},
                              {"pid", 1, 0, 'p'},           {"inflight", 1, 0, 'i'},   {"rate", 1, 0, 'r'},
                              {"broadcasts", 1, 0, 'b'},    {"interval", 1, 0, 'I'},   {"bursts", 1, 0, 'B'},
                              {"burst-size", 1, 0, 'S'},    {"acks", 1, 0, 'k'},       {"deflate", 0, 0, 'd'},
                              {"hold", 1, 0, 'h'},          {"settle", 1, 0, 's'},     {"bcast-event", 1, 0, 1000},
                              {"bcast-data", 1, 0, 1001},   {"ack-event", 1, 0, 1002}, {"ack-data", 1, 0, 1003},
                              {"raw", 0, 0, 1004},          {"header", 1, 0, 1005},    {"connect-timeout", 1, 0, 1006},
                              {"ack-interval", 1, 0, 1007}, {"verbose", 1, 0, 1008},   {"ports", 1, 0, 1009},
                              {"reconnect", 0, 0, 1010},    {"follow", 1, 0, 1011},    {"state", 1, 0, 1012},
                              {"restart", 0, 0, 1013},      {"groups", 0, 0, 1014},    {0}};
  int ch;
  char *tok;
  static char tk[128];
  while ((ch = getopt_long(ac, av, "", o, 0)) != -1) switch (ch) {
    case 'u': snprintf(url, room, "%s", optarg); break;
    case 'n': N = atoi(optarg); break;
    case 'N': nsp = optarg; break;
    case 'a': auth = optarg; break;
    case 'A': cmd_auth = optarg; break;
    case 'e': event = optarg; break;
    case 't':
      snprintf(tk, sizeof tk, "\"%s\":", optarg);
      tskey = tk;
      break;
    case 'U':
      tsunit = !strcmp(optarg, "ns") ? 1e-9 : !strcmp(optarg, "us") ? 1e-6 : !strcmp(optarg, "ms") ? 1e-3 : 1;
      break;
    case 'w': wall = 1; break;
    case 'p':
      for (tok = strtok(optarg, ","); tok; tok = strtok(0, ",")) pids[npid++] = atoi(tok);
      break;
    case 'i': inflight = atoi(optarg); break;
    case 'r': rate = atof(optarg); break;
    case 'b': nb = atoi(optarg); break;
    case 'I': interval = atof(optarg); break;
    case 'B': nburst = atoi(optarg); break;
    case 'S': burstn = atoi(optarg); break;
    case 'k': nack = atoi(optarg); break;
    case 'd': defl_on = 1; break;
    case 'h': hold = atof(optarg); break;
    case 's': settle = atof(optarg); break;
    case 1000: bevent = optarg; break;
    case 1001: bdata = optarg; break;
    case 1002: aevent = optarg; break;
    case 1003: adata = optarg; break;
    case 1004: raw = 1; break;
    case 1005: header = optarg; break;
    case 1006: ctimeout = atof(optarg); break;
    case 1007: ackint = atof(optarg); break;
    case 1008: verbose_n = atoi(optarg); break;
    case 1009:
      for (tok = strtok(optarg, ","); tok; tok = strtok(0, ",")) ports[nports++] = atoi(tok);
      break;
    case 1010: reconn = 1; break;
    case 1011: follow_body = optarg; break;
    case 1012: state_path = optarg; break;
    case 1013: restart_wait = 1; break;
    case 1014: dump_groups = 1; break;
    default: fprintf(stderr, "see sioload.md\n"); return 0;
    }
  return 1;
}

/* Takes the address apart; 0 if there is no such host. */
static int address(const char *url) {
  int port = 80;
  const char *h = strstr(url, "://");
  if (h) h += 3;
  else
    h = url;
  const char *sl = strchr(h, '/');
  char hp[256];
  snprintf(hp, sizeof hp, "%.*s", sl ? (int)(sl - h) : (int)strlen(h), h);
  snprintf(hosthdr, sizeof hosthdr, "%s", hp);
  if (sl) {
    snprintf(path, sizeof path, "%s", sl);
    if (!strchr(path, '?') && !raw) {
      size_t l = strlen(path);
      snprintf(path + l, sizeof path - l, "%sEIO=4&transport=websocket", path[l - 1] == '/' ? "?" : "/?");
    }
  }
  if (sl && !strcmp(sl, "/") && !raw) snprintf(path, sizeof path, "/socket.io/?EIO=4&transport=websocket");
  char *co = strchr(hp, ':');
  if (co) {
    port = atoi(co + 1);
    *co = 0;
  }
  struct hostent *he = gethostbyname(hp);
  if (!he) {
    fprintf(stderr, "host?\n");
    return 0;
  }
  sa.sin_family = AF_INET;
  memcpy(&sa.sin_addr, he->h_addr, 4);
  snprintf(host, sizeof host, "%s", inet_ntoa(sa.sin_addr));
  if (!nports) ports[nports++] = port;
  return 1;
}

int main(int ac, char **av) {
  char url[3000] = "ws://127.0.0.1:5000/socket.io/?EIO=4&transport=websocket";
  if (!options(ac, av, url, sizeof url) || !address(url)) return 2;
  if (strcmp(nsp, "/")) snprintf(nspfx, sizeof nspfx, "%s,", nsp);
  nspl = strlen(nspfx);
  if (event) {
    snprintf(evpfx, sizeof evpfx, "[\"%s\"", event);
    evl = strlen(evpfx);
  }
  struct rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);
  signal(SIGPIPE, SIG_IGN);
  C = calloc(2 * N, sizeof *C);
  for (int i = N; i < 2 * N; i++) C[i].st = S_DEAD;
  connlat = malloc(2 * N * 4 + 4);
  zout = malloc(zcap);
  ep = epoll_create1(0);
  return phases();
}
