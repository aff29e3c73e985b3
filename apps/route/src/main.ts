import { runLaneService } from '@millrace/service/lane-service';
import { openSinks, sinkKinds } from './sinks.ts';
import { createRoute } from './stage.ts';

process.exit(
  await runLaneService({
    name: 'route',
    catalogue: { sinks: sinkKinds },
    async stages({ plan, env, opened }) {
      const sinks = await openSinks(plan, sinkKinds, { stdout: process.stdout, env });
      for (const sink of sinks.values()) opened.defer(() => sink.close());
      return { route: () => createRoute(plan, sinkKinds), sinks };
    },
  }),
);
