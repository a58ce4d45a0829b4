// The shared worker: one connection for all tabs. A browser allows six to one address, so that without it the
// seventh tab would wait for ever.

import { Hub } from "./hub.js";

const GONE = 150000; // ms without a word: a tab that crashed, for timers of hidden tabs run once a minute
const hub = new Hub();

self.onconnect = ({ ports: [channel] }) => {
  const port = hub.join((event, data) => channel.postMessage({ event, data }));
  let heard = performance.now();
  const look = setInterval(() => {
    if (performance.now() - heard > GONE) {
      end();
    }
  }, GONE / 5);
  const end = () => {
    clearInterval(look);
    hub.leave(port);
    channel.close();
  };
  channel.onmessage = ({ data }) => {
    heard = performance.now();
    if (data.bye) {
      end();
    } else if (data.names) {
      hub.show(port, data.names);
    }
  };
};
