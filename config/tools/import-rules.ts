// Who may import whom. test/architecture.test.ts says in words what each rule protects, and plants a violation of
// each one to prove that it is seen. Type imports count as imports (tsPreCompilationDeps).
import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser';

/** What a folder of src may see of src, itself included. core, ports and adapters have stricter rules below. */
const sees = {
  keys: ['core', 'ports', 'keys'],
  token: ['core', 'ports', 'keys', 'token'],
  admin: ['core', 'ports', 'keys', 'token', 'admin'],
  'admin-api': ['core', 'admin-api'],
  http: ['core', 'ports', 'keys', 'token', 'admin', 'admin-api', 'http'],
  config: ['core', 'config'],
  workers: ['core', 'ports', 'config', 'workers'],
  cli: ['core', 'admin-api', 'config', 'cli'],
  console: ['admin-api', 'console'],
};

const folderRules: IForbiddenRuleType[] = Object.entries(sees).map(([folder, seen]) => ({
  name: `${folder}-sees-only-its-own`,
  severity: 'error',
  comment: `src/${folder} may import from: ${seen.map((name) => `src/${name}`).join(', ')}.`,
  from: { path: `^src/${folder}/` },
  to: { path: '^(src|test|bench|demo|config|dist)/', pathNot: `^src/(${seen.join('|')})/` },
}));

const configuration: IConfiguration = {
  forbidden: [
    ...folderRules,
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'src/core imports nothing but src/core: no package, no node:*.',
      from: { path: '^src/core/', pathNot: '^src/core/trust/conditions/' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'conditions-are-pure-but-for-cel',
      severity: 'error',
      comment: 'src/core/trust/conditions imports src/core and the CEL packages (@bufbuild/*), nothing else.',
      from: { path: '^src/core/trust/conditions/', pathNot: '/cel-packages\\.ts$' },
      to: { pathNot: '^src/core/|node_modules/@bufbuild/' },
    },
    {
      name: 'cel-packages-only-loads',
      severity: 'error',
      comment:
        'src/core/trust/conditions/cel-packages.ts loads the CEL packages when they are needed: them and node:module, nothing else.',
      from: { path: '^src/core/trust/conditions/cel-packages\\.ts$' },
      to: { pathNot: '^(node:)?module$|node_modules/@bufbuild/' },
    },
    {
      name: 'ports-are-interfaces',
      severity: 'error',
      comment: 'src/ports imports src/core and src/ports: no package, no node:*.',
      from: { path: '^src/ports/' },
      to: { pathNot: '^src/(core|ports)/' },
    },
    {
      name: 'admin-api-runs-in-a-browser',
      severity: 'error',
      comment: 'src/admin-api is shared with the console: nothing of Node.',
      from: { path: '^src/admin-api/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'adapters-keep-apart',
      severity: 'error',
      comment:
        'An adapter sees src/core, src/ports and its own folder: no other adapter, no use case, no http.',
      from: { path: '^src/adapters/([^/]+)/' },
      to: {
        path: '^(src|test|bench|demo|config|dist)/',
        pathNot: ['^src/(core|ports)/', '^src/adapters/$1/'],
      },
    },
    {
      name: 'adapters-live-in-folders',
      severity: 'error',
      comment: 'A file straight under src/adapters belongs to no port.',
      from: { path: '^src/adapters/[^/]+$' },
      to: {},
    },
    {
      name: 'only-compose-names-adapters',
      severity: 'error',
      comment:
        'src/compose.ts, compose-admin.ts, compose-parsers.ts, compose-signing.ts and rewrap.ts beside it are the only files outside src/adapters that import from it.',
      from: {
        path: '^src/',
        pathNot: [
          '^src/adapters/',
          '^src/(compose|compose-admin|compose-parsers|compose-signing|rewrap)\\.ts$',
        ],
      },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'main-only-starts',
      severity: 'error',
      comment: 'src/main.ts sees the server, what is done beside it, and the command line, and nothing else.',
      from: { path: '^src/main\\.ts$' },
      to: {
        path: '^(src|test|bench|demo|config|dist)/',
        pathNot: ['^src/(serve|rewrap)\\.ts$', '^src/cli/'],
      },
    },
    {
      // start-refused.ts is the word between the two: what opens the parts throws it, serve.ts gives it its exit code.
      name: 'serve-only-starts',
      severity: 'error',
      comment:
        'src/serve.ts, worker.ts and listening.ts see the configuration, the composition and the workers, and nothing else.',
      from: { path: '^src/(serve|worker|listening)\\.ts$' },
      to: {
        path: '^(src|test|bench|demo|config|dist)/',
        pathNot: [
          '^src/(compose|compose-parsers|compose-signing|listening|ports/start-refused)\\.ts$',
          '^src/(config|workers)/',
        ],
      },
    },
    {
      name: 'rewrap-only-rewraps',
      severity: 'error',
      comment:
        'src/rewrap.ts sees the configuration, the store and what encrypts keys, and nothing that serves.',
      from: { path: '^src/rewrap\\.ts$' },
      to: {
        path: '^(src|test|bench|demo|config|dist)/',
        pathNot: ['^src/adapters/(clock|identifiers|signing|storage)/', '^src/(config|keys|ports)/'],
      },
    },
    {
      name: 'only-the-process-sees-compose',
      severity: 'error',
      comment:
        'Only src/serve.ts and worker.ts start from the composition, and only src/main.ts from the server.',
      from: { path: '^src/', pathNot: '^src/(compose|listening|main|serve|worker)\\.ts$' },
      to: {
        path: '^src/(compose|compose-admin|compose-parsers|compose-signing|listening|main|rewrap|serve|worker)\\.ts$',
      },
    },
    {
      name: 'src-runs-without-development-packages',
      severity: 'error',
      comment: 'The image has the production dependencies only.',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'No file of src imports tests, benchmarks, the demo, tools or the build.',
      from: { path: '^src/' },
      to: { path: '^(test|bench|demo|config|dist)/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'A cycle has no order in which it can be read.',
      from: { path: '^(src|test|bench|demo|config)/' },
      to: { circular: true },
    },
    {
      name: 'every-import-resolves',
      severity: 'error',
      comment: 'An import that resolves to nothing is judged by no other rule.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};

export default configuration;
