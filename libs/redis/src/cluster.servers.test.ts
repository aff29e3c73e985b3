import { afterAll, beforeAll } from '@jest/globals';
import { sharedValuesContract } from '@millrace/testkit/contracts/shared-values';
import { stateStoreContract } from '@millrace/testkit/contracts/state-store';
import { eventually } from '@millrace/testkit/eventually';
import { type OwnServer, startOwnServer } from './fixtures/own-server.ts';
import { laneKeys } from './keys.ts';

const LAST_SLOT = 16_383;
let own: OwnServer;
let names = 0;

/** A cluster of one node: it too refuses commands whose keys are of several slots. */
beforeAll(async () => {
  own = await startOwnServer({ 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' });
  await own.asOutsider(async (redis) => {
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', 0, LAST_SLOT);
    const isReady = async () => String(await redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
    await eventually('the cluster is ready', isReady);
  });
});
afterAll(() => own.stop());

stateStoreContract('state store on a cluster', async () => {
  const state = await own.open({ cluster: true });
  return {
    state,
    key: () => `payments.aggregate/0/${names++} {ä}`,
    reopen: () => own.open({ cluster: true }),
    async damage(key) {
      await own.asOutsider((redis) => redis.hdel(laneKeys('millrace', key).entries, 'b'));
    },
    async close() {
      await state.removeByPrefix('payments.');
      await state.close();
    },
  };
});

sharedValuesContract('shared values on a cluster', async () => {
  const [{ shared }, { shared: other }] = [
    await own.open({ cluster: true }),
    await own.open({ cluster: true }),
  ];
  return { shared, other, close: async () => {} };
});
