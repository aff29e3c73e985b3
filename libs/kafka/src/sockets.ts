import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory, ISocketFactoryArgs } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;

/**
 * A process's connections by broker. kafkajs gives a request up that is not answered, and goes on using the
 * connection: one that went silent (a machine lost, a forgotten NAT entry) would hold a producer up until the
 * operating system gives it up, which takes a quarter of an hour.
 */
export interface Sockets {
  readonly open: ISocketFactory;
  /** Ends all connections to `host:port`, idle ones too, which would only find out later; kafkajs opens new ones. */
  drop(broker: string): void;
}

export function createSockets(connect: ISocketFactory = connectTo): Sockets {
  const byBroker = new Map<string, Set<Socket>>();
  return {
    open(place) {
      const broker = `${place.host}:${place.port}`;
      const socket = guarded(connect(place), broker);
      const open = byBroker.get(broker) ?? new Set();
      byBroker.set(broker, open.add(socket));
      socket.once('close', () => open.delete(socket));
      return socket;
    },
    drop(broker) {
      for (const socket of byBroker.get(broker) ?? [])
        socket.destroy(new Error('a request was not answered'));
    },
  };
}

/**
 * kafkajs reads what comes as if a broker had sent it, and throws into the event loop at anything else: an address that
 * is somebody else's would end the process.
 */
function guarded(socket: Socket, broker: string): Socket {
  const on = socket.on.bind(socket);
  socket.on = ((event: string, listener: (...args: unknown[]) => void) =>
    on(event, event === 'data' ? reading(listener) : listener)) as typeof socket.on;
  const reading = (listener: (bytes: unknown) => void) => (bytes: unknown) => {
    try {
      listener(bytes);
    } catch (cause) {
      const what = `what answers at ${broker} does not speak as a Kafka broker: ${(cause as Error).message}`;
      socket.destroy(new Error(what, { cause }));
    }
  };
  return socket;
}

function connectTo({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const name = isIP(host) ? {} : { servername: host };
  const socket = ssl
    ? connectTls({ host, port, ...name, ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect);
  // A request that follows another at once must not wait for the other's TCP acknowledgement.
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}
