// What a sanitized build knows of leaked memory.
#pragma once

namespace quire::props {

/// Whether memory of this process is reachable from nowhere; says so on standard error. Always
/// false in a build without LeakSanitizer, and where that is turned off. A process that ends by
/// _exit(2) has to ask: LeakSanitizer itself looks at the end of main() only.
bool memory_has_leaked();

}  // namespace quire::props
