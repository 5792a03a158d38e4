import { CountingServer } from './counting-server.ts';
import { Signalbox } from './signalbox.ts';

/** A product that may call another system, and that system. */
export interface BesideAnother {
  signalbox: Signalbox;
  other: CountingServer;
  stop(): Promise<void>;
}

export async function startBesideAnother(): Promise<BesideAnother> {
  const other = await CountingServer.start();
  const signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' } });
  const stop = async () => {
    await signalbox.stop();
    await other.stop();
  };
  return { signalbox, other, stop };
}
