/** Ends a test run with one plain line that any CI can read. */
export default class TallyReporter {
  onRunComplete(_contexts, results) {
    const brokenSuites = results.testResults.filter((suite) => suite.testExecError !== undefined).length;
    const failed = results.numFailedTests + brokenSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // jest's own summary comes after this.
    process.once('exit', () => console.log(`\n${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`));
  }
}
