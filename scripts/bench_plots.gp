# The plots of docs/benchmarks.md, from what bench_methods wrote.
#
#   gnuplot -e "data='build/bench-methods'; docs='docs'" scripts/bench_plots.gp
set terminal svg size 760,420 font "sans-serif,12" background "#ffffff"
set border 3
set tics nomirror
set grid ytics lc rgb "#dddddd"

set output docs . "/benchmarks-cpu.svg"
file = data . "/cpu.dat"
set title "CPU of the server, one log followed"
set xlabel "steps at once, 10 lines/s each"
set ylabel "% of a core"
set logscale xy
set key left top
set datafile missing "?"
columns = int(system("head -n 1 '" . file . "' | wc -w"))
plot for [i = 2:columns] file using 1:i with linespoints lw 2 pt 7 ps 0.6 title columnheader(i)

reset
set terminal svg size 760,420 font "sans-serif,12" background "#ffffff"
set border 3
set tics nomirror
set grid ytics lc rgb "#dddddd"

set output docs . "/benchmarks-delay.svg"
file = data . "/delay.dat"
set title "From the child's write to the follower's screen"
set ylabel "ms"
set logscale y
set key left top
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 border -1
plot file using 2:xtic(1) title columnheader(2), '' using 3 title columnheader(3)
