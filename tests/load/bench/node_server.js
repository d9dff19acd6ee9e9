// A bare socket.io server, for the ratio in the bench: same events as plain.py, nothing else.
// Run from a folder whose node_modules holds socket.io and bufferutil. Prints its port first.
const { createRequire } = require("module");
const need = createRequire(process.cwd() + "/");
const http = require("http").createServer();
const { Server } = need("socket.io");
need("bufferutil"); // the fast masks; without it the comparison would flatter us

const PAD = "x".repeat(340);
const io = new Server(http, { transports: ["websocket"], pingInterval: 60000, pingTimeout: 20000 });

io.on("connection", (socket) => {
  socket.on("bcast", (body, done) => {
    for (let i = 0; i < body.n; i++) {
      io.emit("tick", { ts: Number(process.hrtime.bigint()), pad: PAD });
    }
    if (done) done("done");
  });
  socket.on("cmd", (body, done) => done && done(body));
});

http.listen({ port: 0, host: "127.0.0.1", backlog: 8192 }, () => console.log(http.address().port));
