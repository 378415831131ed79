// Builds dist/: the program in a few files instead of the 1,000 that a start from sources reads.
//
//   node config/tools/with-node.mjs config/tools/build.ts [folder]
//
// Bundled is what every start needs. What is loaded with its first use, or finds files beside itself, stays in node_modules,
// which an installation has: `dependencies` are the same as for the sources.
import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const root = resolve(import.meta.dirname, '../..');
const src = join(root, 'src');
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

/** What is started by its path: the process, one of several that are a server together, and the thread of a database. */
const programs = ['main', 'worker', 'adapters/storage/sqlite/sqlite-worker'];

const leftInPlace = [
  '@bufbuild/cel',
  '@bufbuild/re2',
  '@fastify/helmet',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  'commander',
  'pg',
  'pkcs11js',
  'undici',
];

/** A module that asks where it is is told the place it had if each were built alone: so it finds what lies around it. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  transform(code, id) {
    if (!id.startsWith(src) || !code.includes('import.meta.url')) return null;
    const place = relative(src, id).replaceAll('\\', '/').replace(/\.ts$/, '.js');
    // Files that are shared lie in dist itself, and so does main.js.
    return code.replaceAll('import.meta.url', `new URL('./${place}', import.meta.url).href`);
  },
};

await rm(dist, { recursive: true, force: true });
const bundle = await rolldown({
  input: Object.fromEntries(programs.map((program) => [program, join(src, `${program}.ts`)])),
  platform: 'node',
  external: leftInPlace,
  plugins: [keepPlaces],
  onLog: (level, log, handle) => {
    if (level === 'warn') throw new Error(log.message);
    handle(level, log);
  },
});
await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
