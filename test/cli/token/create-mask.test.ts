import { describe, expect, it } from 'vitest';
import { createMask } from '../../../src/cli/token/create-mask.ts';
import { createFakeWorld } from './fake-world.ts';

describe('masks (A102)', () => {
  it('GitHub Actions: on stderr, escaped as its runner wants it, once', async () => {
    const world = createFakeWorld({ environment: { GITHUB_ACTIONS: 'true' } });
    const mask = createMask(world);
    await mask('se%cret');
    await mask('se%cret');
    await mask('other');
    expect(world.log).toEqual(['err ::add-mask::se%25cret', 'err ::add-mask::other']);
  });

  it('Buildkite: through stdin of its agent, never among the arguments', async () => {
    const world = createFakeWorld({
      environment: { BUILDKITE: 'true' },
      programs: { 'buildkite-agent': () => ({}) },
    });
    await createMask(world)('secret');
    expect(world.ran).toEqual(['buildkite-agent redactor add < secret']);
    expect(world.log).toEqual([]);
  });

  it('Buildkite without an agent: a warning without the secret', async () => {
    const world = createFakeWorld({ environment: { BUILDKITE: 'true' } });
    await createMask(world)('secret');
    expect(world.err()).toBe(
      'bureau: warning: buildkite-agent could not be told to hide the token in the log',
    );
  });

  it.each([{}, { GITLAB_CI: 'true' }, { CIRCLECI: 'true' }, { GITHUB_ACTIONS: 'false' }])(
    'elsewhere nothing is said: %o',
    async (environment) => {
      const world = createFakeWorld({ environment });
      await createMask(world)('secret');
      expect([...world.log, ...world.ran]).toEqual([]);
    },
  );
});
