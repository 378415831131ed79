// The classes by their files: the front door of the package also loads OpenTelemetry, HTTPS and what clusters need, which is
// a tenth of a start and asked for by nobody here.
import Counter from '@prometheus-io/client/lib/counter.js';
import Gauge from '@prometheus-io/client/lib/gauge.js';
import Histogram from '@prometheus-io/client/lib/histogram.js';
import Registry from '@prometheus-io/client/lib/registry.js';

export { Counter, Gauge, Histogram, Registry };
