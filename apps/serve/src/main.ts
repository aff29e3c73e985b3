import { runServeService } from '@millrace/service/serve-service';
import { serveOver } from './serve-over.ts';

process.exit(await runServeService(serveOver));
