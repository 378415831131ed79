// For `--import`: asked by SIGUSR2, the process writes the packages and files it has loaded so far, one URL a line.
import { renameSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const loaded = new Set();
registerHooks({
  load(url, context, next) {
    loaded.add(url);
    return next(url, context);
  },
});
/** Whoever reads it finds all of it or nothing. */
const write = () => {
  const { LOADED_FILE } = process.env;
  writeFileSync(`${LOADED_FILE}.new`, [...loaded].join('\n'));
  renameSync(`${LOADED_FILE}.new`, LOADED_FILE);
};
if (isMainThread) {
  process.on('SIGUSR2', write);
  process.on('exit', write);
}
