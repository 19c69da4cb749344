// symbols.sh must reject this archive: it needs a heap, an unwinder and the standard library.
#include <string>

std::string twice(const std::string& text) { return text + text; }
