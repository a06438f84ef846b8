import { startFauxqs } from 'fauxqs';

// In a process of its own, so that its CPU time is not the contenders'.
const server = await startFauxqs({ host: '127.0.0.1', port: 0, logger: false });
process.send?.(server.port);
process.once('disconnect', () => process.exit());
