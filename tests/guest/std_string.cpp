// What symbols.sh must catch: this archive wants a heap, an unwinder and the standard library.
#include <string>

std::string twice(const std::string& text) { return text + text; }
