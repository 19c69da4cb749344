# What is changed in two of lwIP's sources, for which it has no option. Each text that is replaced must be there, so another
# version of lwIP stops the configuration.
function(replace_in variable from to)
  string(FIND "${${variable}}" "${from}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "lwIP has no \"${from}\": lwip_changes.cmake does not know this version")
  endif()
  string(REPLACE "${from}" "${to}" text "${${variable}}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# find_connections_at_once(LWIP FOLDER): tcp_in.c as FOLDER/tcp_in.c. lwIP looks for a segment's connection in a list of all,
# and puts it in front: with clients that take turns each search goes through most of the list. Here it begins at the
# connection that connection_table.hpp knows, which is then the first one looked at.
function(find_connections_at_once lwip folder)
  file(READ ${lwip}/src/core/tcp_in.c code)
  replace_in(code "  for (pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {"
                  "  for (pcb = docteur_lwip_first_connection(tcphdr); pcb != NULL; pcb = pcb->next) {")
  file(GENERATE OUTPUT ${folder}/tcp_in.c CONTENT "${code}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lwip}/src/core/tcp_in.c)
endfunction()

# widen_nd6(LWIP FOLDER): lwIP's Neighbor Discovery as FOLDER/nd6.c, for more than 127 neighbours: lwIP counts them in
# 8 bits.
function(widen_nd6 lwip folder)
  file(READ ${lwip}/src/core/ipv6/nd6.c code)
  file(READ ${lwip}/src/include/lwip/priv/nd6_priv.h private)
  replace_in(code "s8_t" "s16_t")
  # Called from other files. A netif has few addresses.
  replace_in(code "nd6_adjust_mld_membership(struct netif *netif, s16_t addr_idx"
                  "nd6_adjust_mld_membership(struct netif *netif, s8_t addr_idx")
  replace_in(code "  u8_t i;" "  u16_t i;")  # nd6_cleanup_netif
  if(code MATCHES "static u8_t nd6_cached_neighbor_index")  # 2.1
    replace_in(code "static u8_t nd6_cached_neighbor_index" "static u16_t nd6_cached_neighbor_index")
  else()
    replace_in(code "LWIP_ND6_NUM_NEIGHBORS > 127" "LWIP_ND6_NUM_NEIGHBORS > 32767")
    replace_in(private "u8_t cached_neighbor_idx" "u16_t cached_neighbor_idx")
  endif()
  replace_in(code "#include \"lwip/priv/nd6_priv.h\"" "#include \"${folder}/nd6_priv.h\"")
  file(GENERATE OUTPUT ${folder}/nd6.c CONTENT "${code}")
  file(GENERATE OUTPUT ${folder}/nd6_priv.h CONTENT "${private}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lwip}/src/core/ipv6/nd6.c)
endfunction()
