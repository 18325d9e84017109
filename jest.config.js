const swc = ({ tsx }) => [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', tsx },
      transform: { react: { runtime: 'automatic', importSource: 'hono/jsx' } },
      target: 'es2022',
    },
    module: { type: 'es6' },
  },
];

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': swc({ tsx: false }), '^.+\\.tsx$': swc({ tsx: true }) },
};

const project = (displayName, extra = {}) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  ...extra,
});

/** @type {import('jest').Config} */
export default {
  reporters: ['default', '<rootDir>/test/support/tally-reporter.mjs'],
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  testTimeout: 60_000,
  projects: [
    project('unit'),
    project('workflows', {
      testMatch: ['<rootDir>/test/{workflows,replay}/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/workflows-setup.mjs',
    }),
    // Not a test: writes the histories that `test/replay` replays.
    project('record', {
      testMatch: ['<rootDir>/test/replay/*.record.ts'],
      globalSetup: '<rootDir>/test/support/integration-setup.mjs',
      globalTeardown: '<rootDir>/test/support/integration-teardown.mjs',
    }),
    project('integration', {
      globalSetup: '<rootDir>/test/support/integration-setup.mjs',
      globalTeardown: '<rootDir>/test/support/integration-teardown.mjs',
    }),
    project('outage', {
      globalSetup: '<rootDir>/test/support/integration-setup.mjs',
      globalTeardown: '<rootDir>/test/support/integration-teardown.mjs',
    }),
    // After `integration`: it uses that one's servers when both run.
    project('model', {
      globalSetup: '<rootDir>/test/support/model-setup.mjs',
      globalTeardown: '<rootDir>/test/support/integration-teardown.mjs',
    }),
  ],
};
