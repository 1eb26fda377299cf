// Random cases are drawn a few times only: every mutant runs them, and most die of the first.
import fc from "fast-check";

fc.configureGlobal({ numRuns: 10 });
