// For `--import`: asked by SIGUSR2, the process writes the packages and files it has loaded so far, one URL a line.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const loaded = new Set();
registerHooks({
  load(url, context, next) {
    loaded.add(url);
    return next(url, context);
  },
});
const write = () => writeFileSync(process.env.LOADED_FILE, [...loaded].join('\n'));
if (isMainThread) {
  process.on('SIGUSR2', write);
  process.on('exit', write);
}
