# cmake -DINPUT=FILE -DOUTPUT=FILE -P text_literal.cmake
# FILE as raw string literals side by side, each below what every compiler takes.
file(READ ${INPUT} text)
string(LENGTH "${text}" length)
set(out)
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 2000 piece)
  string(APPEND out "R\"~~~(${piece})~~~\"\n")
  math(EXPR at "${at} + 2000")
endwhile()
file(WRITE ${OUTPUT} "${out}")
